import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { Launch, WaitingProcess } from './api.ts';
import { lastLaunch, plainLaunch } from './job-spec.ts';
import { ProcessPool } from './process-pool.ts';

/** One that waits for ever. */
const waiting = (): WaitingProcess => ({
  stdout: Readable.from([]),
  stderr: Readable.from([]),
  outputLingerMs: 0,
  exited: Promise.withResolvers<never>().promise,
  gone: () => false,
  send: () => undefined,
  signal: () => undefined,
});

function poolOf(...launches: readonly Launch[]) {
  const started: Launch[] = [];
  const pool = new ProcessPool((launch) => {
    started.push(launch);
    return waiting();
  }, 2);
  const standby = launches.map((launch) => ({ launch, process: waiting() }));
  pool.adopt(standby);
  return { pool, started, processes: standby.map(({ process }) => process) };
}

const working = (kind: string): Launch => ({ ...plainLaunch, work: { kind, step: 'train' } });

it('gives a task the process that was started for its kind of work', () => {
  const { pool, processes } = poolOf(plainLaunch, lastLaunch);
  expect(pool.take(working('nothing-end'))).toBe(processes[1]);
});

it('gives a task any process that was started as its own must be, and starts one only when there is none', () => {
  const { pool, processes, started } = poolOf(lastLaunch);
  const flags = ['--max-old-space-size=100'];
  pool.take({ ...working('item-linear'), flags });
  expect(started).toEqual([{ ...working('item-linear'), flags }]);
  expect(pool.take(working('item-linear'))).toBe(processes[0]);
  pool.take(working('item-linear'));
  expect(started).toHaveLength(2);
});

it('starts ahead what the last task was, with its work', () => {
  const { pool, started } = poolOf();
  pool.take(working('item-linear'));
  pool.expect(9);
  expect(started).toEqual([working('item-linear'), working('item-linear'), working('item-linear')]);
});
