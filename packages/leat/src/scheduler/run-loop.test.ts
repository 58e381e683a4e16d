import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import { flowOf, noRetry } from './fixtures/flow-of.fixture.ts';
import { eventsOf, outcomeOf, typesOf } from './fixtures/run-log.fixture.ts';
import { makeWorld } from './fixtures/simulation.fixture.ts';
import type { LongWait } from './jobs/wait-watch.ts';
import type { TaskLine } from './observer.ts';

const step = (name: string) => ({ kind: 'step', name }) as const;
const twoSteps = flowOf({ blocks: [] });
const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };

describe('the loop', () => {
  test('drives a run to its end without waiting on any timer of its own', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 1000, layer: { startMs: [0, 0] } });
    const began = world.clock.now();
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(world.clock.now() - began).toBe(2000);
    const task = [
      'attempt-submitted',
      'attempt-accepted',
      'attempt-state',
      'attempt-state',
      'attempt-succeeded',
    ];
    expect(typesOf(world)).toStrictEqual(['engine-started', ...task, ...task, 'run-ended']);
  });

  test('tells why a task waits for long, where its layer explains that, and asks no other layer', async () => {
    for (const explainsWaits of [true, false]) {
      const told: LongWait[] = [];
      const world = makeWorld({
        flow: twoSteps,
        layer: { capabilities: { explainsWaits }, startMs: [900_000, 900_000] },
        observers: [{ waits: (wait) => told.push(wait) }],
      });
      await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
      expect(told.map(({ task, layer }) => `${task} on ${layer}`)).toStrictEqual(
        explainsWaits ? ['start on simulated', 'end on simulated'] : [],
      );
      for (const { waitedMs } of told) expect(waitedMs).toBeCloseTo(120_000, -5);
    }
  });

  test('logs a submit in the transaction of its cause, before the layer is told', async () => {
    const started: number[] = [];
    const world = makeWorld({
      flow: twoSteps,
      behave: () => {
        started.push(eventsOf(world, 'attempt-submitted').length);
        return undefined;
      },
    });
    await world.finish(await world.start());
    expect(started).toStrictEqual([1, 2]);
    expect(world.metadata.batches[0]).toBe(2);
  });

  test('writes in one batch what happened while the last one was written, up to a bound', async () => {
    const blocks = [{ kind: 'foreach', name: 'fan', body: [step('work')], join: 'join' } as const];
    const world = makeWorld({ flow: flowOf({ blocks, items: 6000 }) });
    const { clock, metadata } = world;
    const append = metadata.append.bind(metadata);
    metadata.append = async (lease, events) => {
      await clock.pause(500);
      return append(lease, events);
    };
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    const done = eventsOf(world, 'attempt-succeeded').length;
    expect(done).toBeGreaterThan(1000);
    // A task has four events or five.
    expect(metadata.log.length).toBeGreaterThan(4 * done);
    expect(metadata.batches.length).toBeLessThan(done / 20);
    // One event may lead to several.
    expect(Math.max(...metadata.batches)).toBeLessThan(2 * 1000);
  });

  test('gives a foreach item the place of its own bytes', async () => {
    const flow = flowOf({ blocks: [{ kind: 'foreach', name: 'wide', body: [step('work')], join: 'join' }] });
    const world = makeWorld({ flow });
    await world.finish(await world.start());
    const specs = [...world.specs.values()].filter(({ step: name }) => name === 'work');
    expect(specs.length).toBeGreaterThan(0);
    for (const { foreach, path } of specs) {
      expect(foreach).toMatchObject([
        { step: 'wide', index: path[0], item: { key: 'items/wide/0', offset: path[0]! * 10, length: 10 } },
      ]);
    }
  });

  test('tries again what threw, and says in the log when', async () => {
    const retry = { times: 2, waitSeconds: 60, backoff: 'constant' as const, maxWaitSeconds: 600 };
    const world = makeWorld({
      flow: flowOf({ blocks: [], steps: { start: { retry } } }),
      behave: ({ attempt, step: name }) => (name === 'start' && attempt < 2 ? thrown : undefined),
    });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    const failures = eventsOf(world, 'attempt-failed');
    expect(failures).toMatchObject([
      { attempt: 0, failure: thrown },
      { attempt: 1, failure: thrown },
    ]);
    for (const { at, retryAt } of failures) expect(retryAt! - at).toBeGreaterThanOrEqual(60_000);
    expect(eventsOf(world, 'retry-due')).toHaveLength(2);
    expect([...world.specs.values()].map(({ triesLeft }) => triesLeft)).toStrictEqual([3, 2, 1, 1]);
  });

  test('fails the run when tries are out; without a manifest the layer says why', async () => {
    const world = makeWorld({ flow: twoSteps, behave: () => 'exit' });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'failed' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'exit', exitCode: 137 } }]);
    expect(eventsOf(world, 'attempt-failed')[0]!.retryAt).toBeUndefined();
  });

  test('takes a process that ends well and leaves nothing for a failure', async () => {
    const world = makeWorld({ flow: twoSteps, behave: () => 'no-manifest' });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'failed' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'exit', exitCode: 0 } }]);
  });

  test('believes the manifest, whatever the layer says of the job', async () => {
    const world = makeWorld({ flow: twoSteps, behave: () => 'commits-and-crashes' });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(eventsOf(world, 'attempt-failed')).toStrictEqual([]);
  });

  test('takes no job for lost because a poll was cut short', async () => {
    const blocks = [
      { kind: 'branch', name: 'split', arms: [[step('a')], [step('b'), step('c')]], join: 'join' } as const,
    ];
    const world = makeWorld({
      flow: flowOf({ blocks }),
      durationMs: ({ step: name }) => (name === 'a' ? 50_000 : 10),
    });
    const poll = world.layer.poll.bind(world.layer);
    let cutShort = 0;
    world.layer.poll = async (jobs, options) => {
      const answer = await poll(jobs, options);
      if (!options.signal.aborted) return answer;
      cutShort += 1;
      return new Map();
    };
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(cutShort).toBeGreaterThan(0);
    expect(eventsOf(world, 'attempt-failed')).toStrictEqual([]);
  });

  test('logs nothing that comes too late to change anything', async () => {
    const world = makeWorld({
      flow: twoSteps,
      observers: [
        {
          applied: (_events, { steps }) => {
            if (steps.find(({ step: name }) => name === 'end')?.succeeded === 1)
              handle.cancel('SIGINT', false);
          },
        },
      ],
    });
    const handle = await world.start();
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'succeeded' });
    expect(typesOf(world)).not.toContain('cancel-requested');
  });

  test('commits a stand-in for a caught failure', async () => {
    const flow = flowOf({
      blocks: [step('work')],
      steps: { work: { catchError: { var: 'failed' }, retry: { ...noRetry, times: 1 } } },
    });
    const world = makeWorld({ flow, behave: ({ step: name }) => (name === 'work' ? thrown : undefined) });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    const [caught] = eventsOf(world, 'task-caught');
    expect(caught).toMatchObject({
      task: 'work',
      attempt: 1,
      failure: thrown,
      manifest: 'runs/RandomFlow/1/work/task@2.json',
    });
    const manifest = JSON.parse(Buffer.from(world.datastore.getSync(caught!.manifest)!).toString()) as object;
    expect(manifest).toMatchObject({
      status: 'succeeded',
      attempt: 2,
      caught: thrown,
      artifacts: { failed: { stored: 'inline' } },
    });
    expect(world.specs.get('RandomFlow/1/end@0')!.sources).toMatchObject([
      { task: 'work', manifest: caught!.manifest },
    ]);
  });

  test('starts a second copy of a straggler, takes the first result, and ends the other', async () => {
    const blocks = [{ kind: 'foreach', name: 'fan', body: [step('work')], join: 'join' } as const];
    const world = makeWorld({
      flow: flowOf({ blocks, items: 100 }),
      limits: { maxWorkers: 8, windows: {}, failFast: false, speculate: true },
      durationMs: ({ task, attempt }) => (task === 'work[3]' && attempt === 0 ? 36_000_000 : 1000),
    });
    const began = world.clock.now();
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(world.clock.now() - began).toBeLessThan(600_000);
    const decided = eventsOf(world, 'attempt-succeeded').filter(({ task }) => task === 'work[3]');
    expect(decided).toMatchObject([{ attempt: 1, manifest: 'runs/RandomFlow/1/work/3@1.json' }]);
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([
      { task: 'work[3]', attempt: 0, ofCopies: 'first', failure: { reason: 'cancelled' } },
    ]);
    expect(world.layer.inFlight).toStrictEqual([]);
  });

  test('ends the slower copy also when the engine died before it could ask for that', async () => {
    const blocks = [{ kind: 'foreach', name: 'fan', body: [step('work')], join: 'join' } as const];
    const world = makeWorld({
      flow: flowOf({ blocks, items: 100 }),
      limits: { maxWorkers: 8, windows: {}, failFast: false, speculate: true },
      durationMs: ({ task, attempt }) => (task === 'work[3]' && attempt === 0 ? 36_000_000 : 1000),
    });
    const { layer, metadata } = world;
    const append = metadata.append.bind(metadata);
    metadata.append = async (lease, events) => {
      const length = await append(lease, events);
      const isWon = events.some((event) => event.type === 'attempt-succeeded' && event.task === 'work[3]');
      if (isWon && lease.epoch === 1) {
        metadata.epoch += 1;
        await append(lease, events);
      }
      return length;
    };
    await expect(world.clock.run(outcomeOf((await world.start()).done))).resolves.toBe('LEASE_LOST');
    expect(layer.inFlight).toContain('RandomFlow/1/work[3]@0');
    const began = world.clock.now();
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(world.clock.now() - began).toBeLessThan(600_000);
    expect(layer.inFlight).toStrictEqual([]);
  });

  test('asks a layer that did not answer what it has: it fails no task, and starts none twice', async () => {
    const again: string[] = [];
    const world = makeWorld({
      flow: twoSteps,
      faults: { unanswered: 1 },
      layer: { sentAgain: ({ name }) => void again.push(name) },
    });
    world.clock.after(600_000, () => {
      world.layer.calm();
    });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(again).toStrictEqual([]);
    expect(eventsOf(world, 'attempt-accepted').map(({ attempt }) => attempt)).toStrictEqual([0, 0]);
  });

  test('brings the output of tasks to observers and to the store; an observer that throws disturbs nothing', async () => {
    const lines: TaskLine[] = [];
    const bad = {
      applied: () => {
        throw new Error('mine');
      },
      line: () => {
        throw new Error('mine');
      },
    };
    const world = makeWorld({
      flow: twoSteps,
      output: 'one\nzwei ü\nlast',
      observers: [bad, { line: (line) => lines.push(line) }],
    });
    await world.finish(await world.start());
    expect(lines.filter(({ task }) => task === 'start').map(({ text }) => text)).toStrictEqual([
      'one',
      'zwei ü',
      'last',
    ]);
    expect(Buffer.from(world.datastore.getSync('runs/RandomFlow/1/start/task@0.log')!).toString()).toContain(
      'zwei ü',
    );
  });

  test('reads no output of what still waits in its layer: of so many, those that print would wait for a reader', async () => {
    const world = makeWorld({ flow: twoSteps, layer: { startMs: [5000, 5000] }, durationMs: () => 1000 });
    const began = world.clock.now();
    const opened: number[] = [];
    Object.assign(world.layer, {
      async *logs() {
        opened.push(world.clock.now() - began);
        yield* [];
      },
    });
    await world.finish(await world.start());
    expect(opened).toStrictEqual([5000, 11_000]);
  });

  /** How many attempts each call handed over, of a foreach of at most so many items. */
  const handedOver = async (
    items: number,
    arrays: number,
    options: Partial<Parameters<typeof makeWorld>[0]> = {},
  ): Promise<readonly number[]> => {
    const blocks = [{ kind: 'foreach', name: 'wide', body: [step('work')], join: 'join' } as const];
    const capabilities = { arrays, window: 20_000 };
    const steps = { work: { retry: { ...noRetry, times: 1 } } };
    const flow = flowOf({ blocks, items, steps });
    const world = makeWorld({ flow, ...options, layer: { capabilities, ...options.layer } });
    const { layer } = world;
    const seen: number[] = [];
    const submit = layer.submit.bind(layer);
    Object.assign(layer, {
      submit: async (batch: Parameters<typeof submit>[0]) => {
        seen.push(batch.length);
        return submit(batch);
      },
    });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    return seen;
  };

  test('hands over as many at once as one array of the layer takes', async () => {
    const sizes = async (arrays: number) => (await handedOver(6000, arrays)).filter((size) => size > 1);
    const one = await sizes(10_000);
    const many = await sizes(0);
    expect(one).toHaveLength(1);
    expect(Math.max(...many)).toBe(1000);
    expect(many.length).toBeGreaterThan(1);
  });

  test('hands over together what failed within a moment, where a layer has arrays', async () => {
    const fails = new Set([1, 4, 6]);
    const options: Partial<Parameters<typeof makeWorld>[0]> = {
      layer: { startMs: [0, 0] },
      durationMs: ({ path: [index = 0] }) => 1000 + 10 * index,
      behave: ({ step: name, attempt, path: [index = 0] }) =>
        name === 'work' && attempt === 0 && fails.has(index) ? thrown : undefined,
    };
    expect(await handedOver(10, 10_000, options)).toStrictEqual([1, 1, 8, 3, 1, 1]);
    expect(await handedOver(10, 0, options)).toStrictEqual([1, 1, 8, 1, 1, 1, 1, 1]);
  });

  test('tells layers what is coming, with what is on its way to them: they count down what they get', async () => {
    const hints: number[] = [];
    const world = makeWorld({ flow: flowOf({ blocks: [step('a'), step('b')] }) });
    Object.assign(world.layer, { expect: (upcoming: number) => hints.push(upcoming) });
    await world.finish(await world.start());
    // Each of the first three with the one after it; the last comes as expected.
    expect(hints).toStrictEqual([2, 2, 2]);
  });
});
