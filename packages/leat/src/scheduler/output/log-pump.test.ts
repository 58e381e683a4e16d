import { VirtualClock } from '@leat/testing';
import { describe, expect, test } from 'vitest';
import type { ComputeLayer, LogChunk } from '../../compute/compute-layer.ts';
import { MemoryDatastore } from '../../testing/memory-datastore.ts';
import type { AttemptFlight } from '../flights/flight.ts';
import { LogPump } from './log-pump.ts';

const textOf = (text: string): LogChunk => ({ stream: 'stdout', bytes: Buffer.from(text) });
const paced = (pace: 'late' | 'live'): LogChunk => ({ stream: 'stdout', bytes: Buffer.alloc(0), pace });
const gate = () => Promise.withResolvers<void>();

/** A pump whose jobs print what a test says. */
class World {
  readonly clock = new VirtualClock();
  readonly datastore = new MemoryDatastore();
  readonly lines: string[] = [];
  readonly warnings: string[] = [];
  readonly pump: LogPump;

  constructor() {
    this.pump = new LogPump({
      clock: this.clock,
      datastore: this.datastore,
      keyOf: (task) => `log/${task}`,
      line: ({ text }) => this.lines.push(text),
      mayWrite: () => true,
      warn: (message) => this.warnings.push(message),
      signal: new AbortController().signal,
    });
  }

  start(task: string, logs: () => AsyncGenerator<LogChunk>): void {
    const layer = { logs } as unknown as ComputeLayer;
    const flight = { kind: 'attempt', name: task, task, attempt: 0, adopted: false };
    this.pump.start(layer, task, flight as unknown as AttemptFlight);
  }

  stored(task: string): string {
    return Buffer.from(this.datastore.getSync(`log/${task}`) ?? []).toString();
  }
}

describe('ends of output that are got from elsewhere', () => {
  /** Jobs that were killed: how many of their ends were begun with, and what lets them end. */
  function kill(world: World, count: number) {
    const ends = { begun: 0, atOnce: 0, most: 0, all: gate() };
    for (let at = 0; at < count; at += 1) {
      world.start(`killed-${at}`, async function* () {
        yield textOf('before\n');
        yield paced('late');
        ends.begun += 1;
        ends.atOnce += 1;
        ends.most = Math.max(ends.most, ends.atOnce);
        await ends.all.promise;
        yield textOf('last\n');
        ends.atOnce -= 1;
      });
    }
    return ends;
  }

  test('keep no reader from what other tasks print, and are few at once', async () => {
    const world = new World();
    const ends = kill(world, 300);
    const printed = gate();
    world.start('alive', async function* () {
      yield textOf('it lives\n');
      printed.resolve();
    });
    await printed.promise;
    expect(world.lines).toContain('it lives');
    expect(ends.begun).toBe(32);
    ends.all.resolve();
    await world.clock.run(world.pump.drained(10_000));
    expect(ends).toMatchObject({ begun: 300, most: 32 });
    expect(world.lines.filter((line) => line === 'last')).toHaveLength(300);
    expect(world.warnings).toEqual([]);
  });

  test('take no place of those any more when the job prints again', async () => {
    const world = new World();
    const again = gate();
    for (let at = 0; at < 40; at += 1) {
      world.start(`again-${at}`, async function* () {
        yield paced('late');
        yield textOf('end of the first\n');
        yield paced('live');
        await again.promise;
        yield textOf('second\n');
      });
    }
    const completed = gate();
    world.start('killed', async function* () {
      yield paced('late');
      completed.resolve();
    });
    await completed.promise;
    again.resolve();
    await world.clock.run(world.pump.drained(10_000));
    expect(world.lines.filter((line) => line === 'second')).toHaveLength(40);
  });

  test('a job that prints again has its place before those that wait for their first', async () => {
    const world = new World();
    const [isLate, again, printed, isFull] = [gate(), gate(), gate(), gate()];
    world.start('again', async function* () {
      yield paced('late');
      isLate.resolve();
      await again.promise;
      yield paced('live');
      yield textOf('second\n');
      printed.resolve();
    });
    await isLate.promise;
    // One more than there are places.
    const tasks = Array.from({ length: 257 }, gate);
    let begun = 0;
    for (const [at, { promise }] of tasks.entries()) {
      world.start(`task-${at}`, async function* () {
        begun += 1;
        if (begun === 256) isFull.resolve();
        await promise;
        yield textOf(`task-${at}\n`);
      });
    }
    await isFull.promise;
    again.resolve();
    // Once it has asked for its place, one is free.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    tasks[0]?.resolve();
    await printed.promise;
    for (const { resolve } of tasks) resolve();
    await world.clock.run(world.pump.drained(10_000));
    expect(world.lines).toHaveLength(258);
  });
});

test('what was not read when nobody waits any longer is told of, once, and what was read is stored', async () => {
  const world = new World();
  const begun = gate();
  for (let at = 0; at < 50; at += 1) {
    world.start(`task-${at}`, async function* () {
      yield textOf('no end of a line');
      if (at === 49) begun.resolve();
      yield paced('late');
      await gate().promise;
    });
  }
  await begun.promise;
  await world.clock.run(world.pump.drained(10_000));
  expect(world.warnings).toEqual([
    "output of 'task-0' and of 49 more is incomplete: it was not read within 10 s of the end",
  ]);
  for (const task of ['task-0', 'task-49']) expect(world.stored(task)).toContain('no end of a line');
});
