import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ContainerState } from './api.ts';
import { EndWatch, type Rest } from './end-watch.ts';
import { EngineError } from './engine-error.ts';

const state = (Status: string, ExitCode = 0): ContainerState => ({
  Running: Status === 'running',
  Status,
  ExitCode,
  OOMKilled: false,
  Error: '',
});
const running = state('running');
const { promise: never } = Promise.withResolvers<void>();

/** A watch over a container that looks so, look by look; the last one holds. */
function watchOf(said: readonly (ContainerState | Error | undefined)[], rest: Rest) {
  let looks = 0;
  const inspect = async (): Promise<ContainerState | undefined> => {
    const now = said[Math.min(looks, said.length - 1)];
    looks += 1;
    if (now instanceof Error) throw now;
    return now;
  };
  return { watch: new EndWatch({ inspect }, 'c1', rest), looks: () => looks };
}

/** Only what hurries ends a rest. */
const untilHurried: Rest = async (_, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener('abort', () => resolve());
  });

const soon: Rest = async () => setImmediate();

describe('the end of a container', () => {
  it('is known as soon as its output has ended', async () => {
    const { watch, looks } = watchOf([state('stopped', 3)], untilHurried);
    expect(await watch.ended(Promise.resolve())).toMatchObject({ ExitCode: 3 });
    expect(looks()).toBe(1);
  });

  it('is known as soon as it was killed, though nobody reads its output', async () => {
    const { watch, looks } = watchOf([running, state('exited', 137)], untilHurried);
    const ended = watch.ended(never);
    watch.hurry();
    await expect.poll(looks).toBe(1);
    watch.hurry();
    expect(await ended).toMatchObject({ ExitCode: 137 });
  });

  it('is looked for when its output does not end, ever more seldom', async () => {
    const rests: number[] = [];
    const { watch } = watchOf(
      [...Array.from({ length: 6 }, () => running), state('exited', 4)],
      async (ms) => {
        rests.push(ms);
        await setImmediate();
      },
    );
    expect(await watch.ended(never)).toMatchObject({ ExitCode: 4 });
    expect(rests).toEqual([1000, 2000, 4000, 8000, 8000, 8000, 8000]);
  });

  it.each(['stopping', 'paused', 'restarting'])('is not that it is %s: it may go on', async (status) => {
    const { watch, looks } = watchOf([state(status), undefined], soon);
    expect(await watch.ended(Promise.resolve())).toBeUndefined();
    expect(looks()).toBe(2);
  });

  it.each([
    ['an answer that is an error', new EngineError(500, 'the storage is locked')],
    ['no answer in time', new EngineError(0, 'no answer within 60 s')],
    ['a connection that breaks', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
  ])('is not %s, while its output goes on', async (_, error) => {
    const { watch } = watchOf([error, error, running, error, state('exited', 5)], soon);
    expect(await watch.ended(never)).toMatchObject({ ExitCode: 5 });
  });

  it('is not waited for when its output has ended and nobody listens; an error that the engine tells is another matter', async () => {
    const away = Object.assign(new Error('connect'), { code: 'ENOENT' });
    await expect(watchOf([away], soon).watch.ended(Promise.resolve())).rejects.toBe(away);
    const busy = new EngineError(500, 'the storage is locked');
    const { watch } = watchOf([busy, busy, state('exited')], soon);
    expect(await watch.ended(Promise.resolve())).toMatchObject({ Status: 'exited' });
  });

  it('is not waited for when looks fail for minutes', async () => {
    const busy = new EngineError(500, 'the storage is locked');
    const { watch, looks } = watchOf([busy], soon);
    await expect(watch.ended(never)).rejects.toBe(busy);
    expect(looks()).toBe(40);
  });
});
