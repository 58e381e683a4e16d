import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import { isLeatError } from '../errors/index.ts';
import type { RunEvent } from '../metadata/events.ts';
import { createState } from './state/create-state.ts';
import type { TaskLine } from './observer.ts';
import { originByTask } from './fixtures/origin.fixture.ts';
import { flowOf, noRetry, type RandomFlow } from './fixtures/flow-of.fixture.ts';
import { predict } from './fixtures/predict.fixture.ts';
import { randomBlocks } from './fixtures/random-blocks.fixture.ts';
import { jitter } from './policy/retry.ts';
import { makeWorld, type World } from './fixtures/simulation.fixture.ts';
import { MemoryDatastore } from './fixtures/simulated-stores.fixture.ts';
import { sourcesAt } from './fixtures/sources.fixture.ts';
import { transition } from './transition.ts';
import type { LongWait } from './jobs/wait-watch.ts';

const step = (name: string) => ({ kind: 'step', name }) as const;
const twoSteps = flowOf({ blocks: [] });
const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };

const typesOf = (world: World): readonly string[] => world.metadata.log.map(({ type }) => type);
const eventsOf = <T extends RunEvent['type']>(world: World, type: T) =>
  world.metadata.log.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);

/** Addresses of decided tasks, doubled ones twice. */
const results = (world: World): readonly string[] =>
  world.metadata.log.flatMap((event) =>
    event.type === 'attempt-succeeded' || event.type === 'task-caught' || event.type === 'task-reused'
      ? [event.task]
      : [],
  );

async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'fine',
    (error: unknown) => (isLeatError(error) ? error.code : error),
  );
}

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

  test('ends a task that its layer lets run past its timeout', async () => {
    const flow = flowOf({ blocks: [], steps: { start: { timeoutSeconds: 10 } } });
    const world = makeWorld({ flow, durationMs: () => 3_600_000 });
    // The layer is told of no timeout, so only the engine knows.
    const submit = world.layer.submit.bind(world.layer);
    world.layer.submit = async (batch) =>
      submit(batch.map(({ timeoutSeconds: _untold, ...request }) => request));
    const began = world.clock.now();
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'failed' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'timeout' } }]);
    expect(world.clock.now() - began).toBeLessThan(120_000);
  });

  test('cancels once gently, and by force the second time', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 3_600_000 });
    const graces: number[] = [];
    const cancel = world.layer.cancel.bind(world.layer);
    world.layer.cancel = async (jobs, options) => {
      graces.push(options.graceSeconds);
      if (options.graceSeconds === 0) await cancel(jobs, options);
    };
    const handle = await world.start();
    world.clock.after(5000, () => {
      handle.cancel('SIGINT', false);
    });
    world.clock.after(6000, () => {
      handle.cancel('SIGINT', true);
    });
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(graces).toStrictEqual([10, 0]);
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'cancelled' } }]);
  });

  test('does not wait for ever for a layer that never ends what it was asked to end', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 360_000_000 });
    world.layer.cancel = async () => {};
    const handle = await world.start();
    world.clock.after(5000, () => {
      handle.cancel('SIGINT', false);
    });
    const began = world.clock.now();
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(world.clock.now() - began).toBeLessThan(60_000);
  });

  test('ends by force also what its layer takes only after the end was asked for', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 360_000_000 });
    const submit = world.layer.submit.bind(world.layer);
    world.layer.submit = async (batch) => {
      await world.clock.pause(20_000);
      return submit(batch);
    };
    const graces: number[] = [];
    world.layer.cancel = async (_, { graceSeconds }) => {
      graces.push(graceSeconds);
    };
    const handle = await world.start();
    world.clock.after(5000, () => {
      handle.cancel('SIGINT', true);
    });
    const began = world.clock.now();
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(graces).toStrictEqual([0]);
    expect(world.clock.now() - began).toBeLessThan(60_000);
  });

  test('ends the others when it fails fast', async () => {
    const flow = flowOf({
      blocks: [{ kind: 'branch', name: 'split', arms: [[step('bad')], [step('long')]], join: 'join' }],
    });
    const options = {
      flow,
      behave: ({ step: name }: { step: string }) => (name === 'bad' ? thrown : undefined),
      durationMs: ({ step: name }: { step: string }) => (name === 'long' ? 3_600_000 : 10),
    };
    const patient = makeWorld(options);
    await expect(patient.finish(await patient.start())).resolves.toMatchObject({ status: 'failed' });
    expect(results(patient)).toContain('long');
    const fast = makeWorld({ ...options, limits: { windows: {}, failFast: true } });
    await expect(fast.finish(await fast.start())).resolves.toMatchObject({ status: 'failed' });
    expect(results(fast)).not.toContain('long');
  });

  test('renews its lease, and writes nothing once it is lost', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 100_000 });
    const handle = await world.start();
    let length = 0;
    world.clock.after(50_000, () => {
      expect(world.metadata.renewals).toBe(4);
      length = world.metadata.log.length;
      void world.metadata.acquireLease('RandomFlow', '1', 'another');
    });
    await expect(world.clock.run(outcomeOf(handle.done))).resolves.toBe('LEASE_LOST');
    expect(world.metadata.log).toHaveLength(length);
  });

  test('stops when the metadata is gone for longer than its lease', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 100_000 });
    const handle = await world.start();
    const gone = (): never => {
      throw new Error('unreachable');
    };
    world.clock.after(50_000, () => {
      world.metadata.renewLease = async () => new Promise(() => {});
      world.metadata.releaseLease = async () => gone();
    });
    await expect(world.clock.run(outcomeOf(handle.done))).resolves.toBe('LEASE_LOST');
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

  test('ends what a layer has taken without an answer when the run is to end', async () => {
    const world = makeWorld({ flow: twoSteps, faults: { unanswered: 1 }, durationMs: () => 3_600_000 });
    const handle = await world.start();
    world.clock.after(1000, () => {
      handle.cancel('me', false);
    });
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(world.layer.inFlight).toStrictEqual([]);
  });

  test('gives up on a layer that cannot be reached, and leaves the run to be recovered', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 50_000 });
    const handle = await world.start();
    world.layer.poll = async () => {
      throw new Error('no route to host');
    };
    await expect(world.clock.run(outcomeOf(handle.done))).resolves.toBe('LAYER_FAILED');
    expect(typesOf(world)).not.toContain('run-ended');
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

  test('hands over as many at once as one array of the layer takes', async () => {
    const sizes = async (arrays: number): Promise<readonly number[]> => {
      const body = [step('work')];
      const blocks = [{ kind: 'foreach', name: 'wide', body, join: 'join' } as const];
      const capabilities = { arrays, window: 20_000 };
      const world = makeWorld({ flow: flowOf({ blocks, items: 6000 }), layer: { capabilities } });
      const { layer } = world;
      const seen: number[] = [];
      const submit = layer.submit.bind(layer);
      Object.assign(layer, {
        submit: async (batch: Parameters<typeof submit>[0]) => {
          seen.push(batch.length);
          return submit(batch);
        },
      });
      await world.finish(await world.start());
      return seen.filter((size) => size > 1);
    };
    const one = await sizes(10_000);
    const many = await sizes(0);
    expect(one).toHaveLength(1);
    expect(Math.max(...many)).toBe(1000);
    expect(many.length).toBeGreaterThan(1);
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

describe('resume', () => {
  const blocks = [
    { kind: 'foreach', name: 'wide', body: [step('a'), step('b')], join: 'join' } as const,
    step('last'),
  ];

  test('reuses what succeeded, by reference, and runs the rest', async () => {
    const flow = flowOf({ blocks });
    const first = makeWorld({ flow, behave: ({ task }) => (task === 'b[1]' ? thrown : undefined) });
    await expect(first.finish(await first.start())).resolves.toMatchObject({ status: 'failed' });
    const done = new Map(eventsOf(first, 'attempt-succeeded').map((event) => [event.task, event]));
    const origin = originByTask('0', (task) => {
      const event = done.get(task);
      return event && { manifest: event.manifest.replace('/1/', '/0/'), outcome: event.outcome, run: '0' };
    });
    const second = makeWorld({ flow, origin });
    for (const [key, bytes] of first.datastore.objects)
      second.datastore.objects.set(key.replace('/1/', '/0/'), bytes);
    await expect(second.finish(await second.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(results(second).toSorted()).toStrictEqual([...predict(flow).keys()].toSorted());
    expect(
      eventsOf(second, 'task-reused')
        .map(({ task }) => task)
        .toSorted(),
    ).toStrictEqual([...done.keys()].toSorted());
    expect(second.specs.get('RandomFlow/1/b[1]@0')!.sources).toStrictEqual([
      { step: 'a', task: 'a[1]', manifest: 'runs/RandomFlow/0/a/1@0.json' },
    ]);
  });

  test('reuses a join when all that it joins was reused', async () => {
    const flow = flowOf({ blocks });
    const first = makeWorld({ flow, behave: ({ step: name }) => (name === 'last' ? thrown : undefined) });
    await expect(first.finish(await first.start())).resolves.toMatchObject({ status: 'failed' });
    const done = new Map(eventsOf(first, 'attempt-succeeded').map((event) => [event.task, event]));
    const origin = originByTask('0', (task) => {
      const event = done.get(task);
      return event && { manifest: event.manifest, outcome: event.outcome, run: '0' };
    });
    const second = makeWorld({ flow, origin });
    await second.finish(await second.start());
    expect([...second.specs.values()].map(({ task }) => task)).toStrictEqual(['last', 'end']);
  });

  test('reuses nothing from a step on, nor anything that follows it', async () => {
    const flow = flowOf({ blocks });
    const first = makeWorld({ flow });
    await first.finish(await first.start());
    const done = new Map(eventsOf(first, 'attempt-succeeded').map((event) => [event.task, event]));
    const origin = originByTask(
      '1',
      (task) => {
        const event = done.get(task);
        return event && { manifest: event.manifest, outcome: event.outcome, run: '1' };
      },
      ['b'],
    );
    const second = makeWorld({ flow, origin });
    await second.finish(await second.start());
    const reused = new Set(eventsOf(second, 'task-reused').map(({ task }) => task.replace(/\[.*/, '')));
    expect([...reused].toSorted()).toStrictEqual(['a', 'start', 'wide']);
  });
});

/** Any flow in a world that does everything that platforms do to tasks. */
const hardWorld = fc.record({
  numbers: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  seed: fc.nat(),
  maxWorkers: fc.integer({ min: 1, max: 6 }),
});

const hardFaults = {
  failingCall: 0.05,
  lost: 0.04,
  interrupted: 0.05,
  doubled: 0.05,
  startFailed: 0.03,
  stale: 0.1,
};

function hardFlow(numbers: readonly number[]): RandomFlow {
  let at = 0;
  const blocks = randomBlocks(
    (bound) => Math.floor(jitter(`${numbers[(at += 1) % numbers.length]}/${at}`) * bound),
    8,
  );
  const retry = { times: 2, waitSeconds: 1, backoff: 'exponential' as const, maxWaitSeconds: 100 };
  const steps = Object.fromEntries(
    flowOf({ blocks }).plan.graph.steps.map(({ name }) => [name, { retry, timeoutSeconds: 3600 }]),
  );
  return flowOf({ blocks, steps });
}

/** Each task throws at most twice, whatever else befalls it: its tries must be enough. */
function badLuck(seed: number) {
  const bad = new Map<string, Set<number>>();
  return ({ task, attempt }: { task: string; attempt: number }): FailureRecord | undefined => {
    const attempts = bad.get(task) ?? new Set();
    bad.set(task, attempts);
    if (!attempts.has(attempt) && (attempts.size >= 2 || jitter(`${seed}${task}@${attempt}`) > 0.15))
      return undefined;
    attempts.add(attempt);
    return thrown;
  };
}

async function expectSoundRun(world: World, flow: RandomFlow): Promise<void> {
  expect(results(world).toSorted()).toStrictEqual([...predict(flow).keys()].toSorted());
  const decided = new Map(eventsOf(world, 'attempt-succeeded').map((event) => [event.task, event.manifest]));
  const calm = new MemoryDatastore();
  for (const [key, bytes] of world.datastore.objects) calm.objects.set(key, bytes);
  for (const spec of world.specs.values()) {
    const sources = await sourcesAt(calm, spec);
    expect(sources.map(({ task }) => task)).toStrictEqual(predict(flow).get(spec.task));
    for (const { task, manifest } of sources) expect(manifest).toBe(decided.get(task));
  }
  expect(world.layer.inFlight).toStrictEqual([]);
}

describe('in a world where everything goes wrong', () => {
  test('every task has one result, within the limits, and the log replays to the same end', async () => {
    await fc.assert(
      fc.asyncProperty(hardWorld, async ({ numbers, seed, maxWorkers }) => {
        const flow = hardFlow(numbers);
        const limits = { maxWorkers, windows: {}, failFast: false };
        const world = makeWorld({
          flow,
          seed,
          limits,
          faults: hardFaults,
          storeFails: 0.02,
          behave: badLuck(seed),
        });
        await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
        await expectSoundRun(world, flow);
        const replayed = createState({ run: '1', plan: flow.plan });
        for (const event of world.metadata.log) {
          transition(replayed, event);
          expect(replayed.inFlight).toBeLessThanOrEqual(maxWorkers);
        }
        expect(replayed).toMatchObject({ ended: 'succeeded', inFlight: 0, catching: 0 });
      }),
      { numRuns: 60 },
    );
  });

  test('an engine that dies at any moment is followed by one that comes to the same results', async () => {
    await fc.assert(
      fc.asyncProperty(
        hardWorld,
        fc.nat({ max: 40 }),
        fc.boolean(),
        async ({ numbers, seed, maxWorkers }, deathAt, stored) => {
          const flow = hardFlow(numbers);
          const limits = { maxWorkers, windows: {}, failFast: false };
          const world = makeWorld({ flow, seed, limits, faults: hardFaults, behave: badLuck(seed) });
          const append = world.metadata.append.bind(world.metadata);
          let appends = 0;
          world.metadata.append = async (lease, events) => {
            appends += 1;
            if (appends !== deathAt) return append(lease, events);
            if (stored) await append(lease, events);
            world.metadata.epoch += 1;
            return append(lease, events);
          };
          const first = await world.clock.run(outcomeOf((await world.start()).done));
          if (first === 'LEASE_LOST') {
            await world.clock.run(world.clock.pause(seed % 100_000));
            await expect(
              world.finish(await world.start({ ...limits, maxWorkers: 7 - maxWorkers })),
            ).resolves.toMatchObject({ status: 'succeeded' });
          } else expect(first).toBe('fine');
          await expectSoundRun(world, flow);
        },
      ),
      { numRuns: 60 },
    );
  });
});
