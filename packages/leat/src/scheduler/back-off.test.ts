import { VirtualClock } from '@leat/testing';
import { expect, test } from 'vitest';
import { LeatError } from '../errors/index.ts';
import { withBackOff } from './back-off.ts';

/** Fails for so long, in milliseconds, then answers. */
async function askFor(failsMs: number, details: Readonly<Record<string, unknown>>): Promise<string> {
  const clock = new VirtualClock(0);
  const call = async (): Promise<string> => {
    if (clock.steady() < failsMs) throw new LeatError('LAYER_FAILED', 'not now', { details });
    return 'done';
  };
  const backOff = { clock, what: 'asking', warn: () => undefined, signal: new AbortController().signal };
  return clock.run(withBackOff({ ...backOff, patience: { giveUpMs: 60_000 } }, call));
}

test('a call that fails for a while is repeated, and given up after that', async () => {
  expect(await askFor(30_000, {})).toBe('done');
  await expect(askFor(3_600_000, {})).rejects.toThrow('not now');
});

test('a platform that is busy is asked for as long as it takes', async () => {
  expect(await askFor(3_600_000, { busy: true })).toBe('done');
});
