import { VirtualClock } from '@leat/testing';
import { describe, expect, test } from 'vitest';
import { LeatError } from '../../errors/index.ts';
import type { RunEvent } from '../../metadata/events.ts';
import { EventLog } from './event-log.ts';
import { MemoryLog } from '../fixtures/simulated-stores.fixture.ts';

const due = (task: string): RunEvent => ({ type: 'retry-due', at: 1, task, attempt: 1 });
const gone = (): LeatError => new LeatError('METADATA_UNAVAILABLE', 'the connection broke');

async function logOf(troubles: readonly ('before' | 'after' | undefined)[]) {
  const metadata = new MemoryLog();
  const clock = new VirtualClock();
  const lease = await metadata.acquireLease('TrainFlow', '1', 'me');
  const append = metadata.append.bind(metadata);
  let calls = 0;
  metadata.append = async (holder, events) => {
    const trouble = troubles[calls++];
    if (trouble === 'before') throw gone();
    const seq = await append(holder, events);
    if (trouble === 'after') throw gone();
    return seq;
  };
  const log = new EventLog(metadata.store, lease);
  const backOff = {
    clock,
    patience: { giveUpMs: 30_000 },
    signal: new AbortController().signal,
    what: 'logging',
    warn: () => {},
  };
  return { metadata, append: async (events: readonly RunEvent[]) => clock.run(log.append(events, backOff)) };
}

describe('the log of an engine', () => {
  test.for([
    [['after']],
    [['before']],
    [['before', 'after']],
    [[undefined, 'after']],
    [['after', 'after', 'before']],
  ] as const)('has each event once, whatever answers are lost: %j', async ([troubles]) => {
    const { metadata, append } = await logOf(troubles);
    const batches = [[due('a'), due('b')], [due('c')], [due('d'), due('e')]];
    for (const batch of batches) await append(batch);
    expect(metadata.log).toStrictEqual(batches.flat());
  });

  test('takes what another engine has logged since for its own in no case', async () => {
    const { metadata, append } = await logOf(['before']);
    metadata.epoch += 1;
    const other: RunEvent = { type: 'engine-started', at: 1, epoch: 2, host: 'there', pid: 1 };
    metadata.log.push(other, due('a'));
    await expect(append([due('a')])).rejects.toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
  });

  test('is closed to an engine whose lease is lost, found or not', async () => {
    const { metadata, append } = await logOf(['before']);
    metadata.epoch += 1;
    await expect(append([due('a')])).rejects.toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
    expect(metadata.log).toStrictEqual([]);
  });
});
