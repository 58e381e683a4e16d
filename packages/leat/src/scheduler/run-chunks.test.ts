import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import type { JobStatus } from '../compute/compute-layer.ts';
import { isLeatError } from '../errors/index.ts';
import type { RunEvent } from '../metadata/events.ts';
import type { StepPlan } from '../plan/plan.ts';
import { createState } from './state/create-state.ts';
import type { TaskLine } from './observer.ts';
import { eachPlace } from './state/place-ranges.ts';
import { flowOf, noRetry, type RandomFlow } from './fixtures/flow-of.fixture.ts';
import { predict } from './fixtures/predict.fixture.ts';
import { randomBlocks } from './fixtures/random-blocks.fixture.ts';
import { jitter } from './policy/retry.ts';
import { makeWorld, type World, type WorldOptions } from './fixtures/simulation.fixture.ts';
import { MemoryDatastore } from './fixtures/simulated-stores.fixture.ts';
import { sourcesAt } from './fixtures/sources.fixture.ts';
import { transition } from './transition.ts';

const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };
const step = (name: string) => ({ kind: 'step', name }) as const;
const eventsOf = <T extends RunEvent['type']>(world: World, type: T) =>
  world.metadata.log.filter((event): event is Extract<RunEvent, { type: T }> => event.type === type);

/** A foreach over a few dozen items whose tasks go through jobs of at most `chunk`. */
function wide(own: Partial<StepPlan>): RandomFlow {
  const blocks = [{ kind: 'foreach', name: 'wide', body: [step('work')], join: 'join' }] as const;
  return flowOf({ blocks, steps: { work: { chunk: 8, isolation: 'reuse', ...own } }, items: 60 });
}

/** The key of the manifest of each task that succeeded in a chunk. */
function packed(world: World): ReadonlyMap<string, string> {
  const chunks = new Map(eventsOf(world, 'chunk-submitted').map((chunk) => [chunk.token, chunk]));
  const found = eventsOf(world, 'chunk-succeeded').flatMap(({ token, places, offsets, lengths }) => {
    const { group, pack } = chunks.get(token)!;
    return places.map((place, at) => {
      const path = [...group.path, place].join(',');
      const round = group.iteration > 0 ? `~${group.iteration}` : '';
      return [`${group.step}[${path}]${round}`, `${pack}#${offsets[at]}+${lengths[at]}`] as const;
    });
  });
  return new Map(found);
}

/** All results, by task; fails when one has two. */
function results(world: World): ReadonlyMap<string, string> {
  const alone = ['attempt-succeeded', 'task-caught'].flatMap((type) =>
    eventsOf(world, type as 'attempt-succeeded' | 'task-caught').map(
      ({ task, manifest }) => [task, manifest] as const,
    ),
  );
  const all = [...packed(world), ...alone];
  const found = new Map(all);
  expect(found.size).toBe(all.length);
  return found;
}

async function run(options: WorldOptions): Promise<World> {
  const world = makeWorld(options);
  await world.finish(await world.start());
  return world;
}

const calm = { durationMs: () => 1000, layer: { startMs: [0, 0] as const } };

describe('chunks in a run', () => {
  test('go to their layer as one job each, and come back in bulk', async () => {
    const flow = wide({});
    const world = await run({ flow, ...calm });
    const tasks = predict(flow).size - 4;
    expect(eventsOf(world, 'run-ended')).toMatchObject([{ status: 'succeeded' }]);
    expect(packed(world).size).toBe(tasks);
    expect(world.layer.started.length - 4).toBe(Math.ceil(tasks / 8));
    expect(eventsOf(world, 'attempt-submitted')).toHaveLength(4);
    expect(new Set(results(world).keys())).toEqual(new Set(predict(flow).keys()));
  });

  test('tell results while they run', async () => {
    const flow = wide({ chunk: 100 });
    const world = await run({ flow, ...calm });
    const told = eventsOf(world, 'chunk-succeeded');
    expect(told.length).toBeGreaterThan(5);
    expect(told[0]!.at).toBeLessThan(eventsOf(world, 'chunk-ended')[0]!.at - 10_000);
  });

  test('have their pack read once at a time, however slow the store and however much is told meanwhile', async () => {
    const world = makeWorld({
      flow: wide({ chunk: 100 }),
      layer: { startMs: [0, 0] },
      durationMs: ({ path }) => ((path[0] ?? 0) % 3 === 0 ? 8000 : 400),
    });
    const { datastore } = world;
    const get = datastore.get.bind(datastore);
    let [reading, most] = [0, 0];
    datastore.get = async (key, range) => {
      if (!key.endsWith('.pack')) return get(key, range);
      most = Math.max(most, (reading += 1));
      await world.clock.pause(3000);
      reading -= 1;
      return get(key, range);
    };
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(eventsOf(world, 'chunk-submitted')).toHaveLength(1);
    expect(most).toBe(1);
  });

  test('a process that dies takes the member that it was at with it, and gives those after it back', async () => {
    let deaths = 0;
    const flow = wide({ retry: { ...noRetry, times: 1 }, chunk: 100 });
    const behave = ({ task }: { readonly task: string }): 'exit' | undefined =>
      task === 'work[7]' && (deaths += 1) === 1 ? 'exit' : undefined;
    const world = await run({ flow, behave, ...calm });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([
      { task: 'work[7]', attempt: 0, failure: { reason: 'exit', exitCode: 137 } },
    ]);
    const [first, second] = eventsOf(world, 'chunk-submitted');
    const count = [...eachPlace(first!.places)].length;
    expect(eventsOf(world, 'chunk-ended')[0]!.returned).toEqual(
      Array.from({ length: count - 8 }, (_, at) => at + 8),
    );
    expect(second).toMatchObject({ attempt: 0, places: [8, count] });
    expect(eventsOf(world, 'run-ended')).toMatchObject([{ status: 'succeeded' }]);
    expect(results(world).size).toBe(predict(flow).size);
  });

  test('a process that dies between two members costs none of them a try', async () => {
    const flow = wide({ chunk: 100 });
    const behave = ({ task, attempt }: { readonly task: string; readonly attempt: number }) =>
      task === 'work[7]' && attempt === 0 ? ('commits-and-crashes' as const) : undefined;
    const world = await run({ flow, behave, ...calm });
    // Without a retry of its own.
    expect(eventsOf(world, 'run-ended')).toMatchObject([{ status: 'succeeded' }]);
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([
      {
        task: 'work[8]',
        failure: {
          reason: 'lost',
          message: expect.stringContaining(
            'its process ended before it began: it exited with code 1',
          ) as string,
        },
      },
    ]);
    expect(results(world).size).toBe(predict(flow).size);
  });

  test('a layer that does not say which member was begun last lets the first without a result pay', async () => {
    const flow = wide({ retry: { ...noRetry, times: 1 }, chunk: 100 });
    const behave = ({ task, attempt }: { readonly task: string; readonly attempt: number }) =>
      task === 'work[7]' && attempt === 0 ? ('commits-and-crashes' as const) : undefined;
    const world = makeWorld({ flow, behave, ...calm });
    const poll = world.layer.poll.bind(world.layer);
    world.layer.poll = async (jobs, options) => {
      const answer = await poll(jobs, options);
      const untold = (status: JobStatus): JobStatus =>
        Object.fromEntries(
          Object.entries(status).filter(([name]) => name !== 'member'),
        ) as unknown as JobStatus;
      return new Map([...answer].map(([job, status]) => [job, untold(status)]));
    };
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([
      { task: 'work[8]', failure: { reason: 'exit' } },
    ]);
  });

  test('a process that says it ends with a member costs no other member a try', async () => {
    const flow = wide({ retry: { ...noRetry, times: 1 }, chunk: 100 });
    const behave = ({ task, attempt }: { readonly task: string; readonly attempt: number }) =>
      task === 'work[7]' && attempt === 0 ? ('leaves' as const) : undefined;
    const world = await run({ flow, behave, ...calm });
    expect(eventsOf(world, 'attempt-failed').map(({ task }) => task)).toEqual(['work[7]']);
    expect(eventsOf(world, 'chunk-ended')[0]!.returned[0]).toBe(8);
    expect(results(world).size).toBe(predict(flow).size);
  });

  test('a member that throws costs itself a try, and nobody else anything', async () => {
    const flow = wide({ retry: { ...noRetry, times: 1 } });
    const behave = ({ path, attempt }: { readonly path: readonly number[]; readonly attempt: number }) =>
      path.length > 0 && path[0]! % 5 === 0 && attempt === 0 ? thrown : undefined;
    const world = await run({ flow, behave, ...calm });
    const failed = eventsOf(world, 'attempt-failed').map(({ task }) => task);
    const tasks = predict(flow).size - 4;
    expect(failed).toHaveLength(Math.ceil(tasks / 5));
    expect(eventsOf(world, 'chunk-ended').flatMap(({ returned }) => returned)).toEqual([]);
    expect(results(world).size).toBe(predict(flow).size);
  });

  test('the time limit is each member’s, not the chunk’s', async () => {
    const flow = wide({ timeoutSeconds: 2, chunk: 100 });
    const world = await run({ flow, ...calm });
    expect(eventsOf(world, 'run-ended')).toMatchObject([{ status: 'succeeded' }]);
    const slow = await run({
      flow,
      ...calm,
      durationMs: ({ task }) => (task === 'work[3]' ? 60_000 : 1000),
    });
    expect(eventsOf(slow, 'attempt-failed')).toMatchObject([
      { task: 'work[3]', failure: { reason: 'timeout' } },
    ]);
  });

  test('a cancelled run leaves no member undecided', async () => {
    const flow = wide({ chunk: 10 });
    const world = makeWorld({ flow, ...calm, limits: { maxWorkers: 2, windows: {}, failFast: false } });
    const handle = await world.start();
    world.clock.after(4500, () => {
      handle.cancel('me', false);
    });
    await expect(world.finish(handle)).resolves.toMatchObject({
      status: 'cancelled',
      summary: { inFlight: 0 },
    });
    const decided = eventsOf(world, 'attempt-failed').filter(({ failure }) => failure.reason === 'cancelled');
    const members = eventsOf(world, 'chunk-submitted').flatMap(({ places }) => [...eachPlace(places)]);
    expect(decided.length).toBeGreaterThan(0);
    expect(decided.length + packed(world).size).toBe(members.length);
    expect(world.layer.inFlight).toEqual([]);
  });

  test('each member’s output is its own; who prints nothing leaves nothing', async () => {
    const lines: TaskLine[] = [];
    const flow = wide({});
    const world = await run({
      flow,
      ...calm,
      output: 'hello',
      observers: [{ line: (line) => lines.push(line) }],
    });
    expect(new Set(lines.map(({ task }) => task))).toEqual(new Set(predict(flow).keys()));
    expect([...world.datastore.objects.keys()].filter((key) => key.endsWith('.log'))).toHaveLength(
      predict(flow).size,
    );
    const silent = await run({ flow, ...calm });
    expect([...silent.datastore.objects.keys()].filter((key) => key.endsWith('.log'))).toEqual([]);
  });

  test('a pack that is damaged costs one member a try, and the run goes on', async () => {
    const flow = wide({ retry: { ...noRetry, times: 1 }, chunk: 100 });
    const world = makeWorld({ flow, ...calm });
    world.clock.after(9500, () => {
      const key = [...world.datastore.objects.keys()].find((each) => each.endsWith('.pack'));
      world.datastore.objects.set(
        key!,
        Buffer.concat([world.datastore.objects.get(key!)!, Buffer.from('torn\n')]),
      );
    });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'lost' } }]);
    expect(results(world).size).toBe(predict(flow).size);
  });

  test('a manifest that is damaged costs its member a try, and nobody else anything', async () => {
    const flow = wide({ retry: { ...noRetry, times: 1 }, chunk: 100 });
    const behave = ({ task, attempt }: { readonly task: string; readonly attempt: number }) =>
      task === 'work[7]' && attempt === 0 ? thrown : undefined;
    // Many results between two looks.
    const world = makeWorld({ flow, ...calm, behave, durationMs: () => 10 });
    const { datastore } = world;
    const createLog = datastore.createLogSync.bind(datastore);
    datastore.createLogSync = (key) => {
      const log = createLog(key);
      const spoilt = (bytes: Uint8Array): Uint8Array =>
        Buffer.from(Buffer.from(bytes).toString('latin1').replace('RangeError', 'RangeTerror'), 'latin1');
      return log && { append: (bytes) => log.append(spoilt(bytes)), close: () => log.close() };
    };
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([
      {
        task: 'work[7]',
        failure: { reason: 'lost', message: expect.stringContaining("'work[7]' is damaged") as string },
      },
    ]);
    expect(eventsOf(world, 'chunk-ended').flatMap(({ returned }) => returned)).toEqual([]);
    expect(results(world).size).toBe(predict(flow).size);
  });
});

const hardWorld = fc.record({
  numbers: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  seed: fc.nat(),
  maxWorkers: fc.integer({ min: 1, max: 6 }),
});

const hardFaults = {
  failingCall: 0.05,
  lost: 0.06,
  interrupted: 0.06,
  doubled: 0.05,
  startFailed: 0.03,
  stale: 0.1,
};

/** Any flow; most of its steps share processes. */
function sharingFlow(numbers: readonly number[]): RandomFlow {
  let at = 0;
  const draw = (bound: number): number =>
    Math.floor(jitter(`${numbers[(at += 1) % numbers.length]}/${at}`) * bound);
  const blocks = randomBlocks(draw, 8);
  const retry = { times: 2, waitSeconds: 1, backoff: 'exponential' as const, maxWaitSeconds: 100 };
  const sharing = [{}, { isolation: 'reuse' }, { isolation: 'reuse', chunk: 2 + draw(6) }] as const;
  const steps = flowOf({ blocks }).plan.graph.steps.map(
    ({ name }) => [name, { retry, timeoutSeconds: 3600, ...sharing[draw(3)] }] as const,
  );
  return flowOf({ blocks, steps: Object.fromEntries(steps), items: 12 });
}

/** Each task throws or ends its process at most twice, whatever else befalls it: its tries must be enough. */
function badLuck(seed: number) {
  const bad = new Map<string, Set<number>>();
  return ({ task, attempt }: { readonly task: string; readonly attempt: number }) => {
    const attempts = bad.get(task) ?? new Set();
    bad.set(task, attempts);
    const chance = jitter(`${seed}${task}@${attempt}`);
    if (!attempts.has(attempt) && (attempts.size >= 2 || chance > 0.15)) return undefined;
    attempts.add(attempt);
    if (chance < 0.05) return 'exit' as const;
    return chance < 0.1 ? ('leaves' as const) : thrown;
  };
}

async function expectSoundRun(world: World, flow: RandomFlow): Promise<void> {
  const decided = results(world);
  const predicted = predict(flow);
  expect(new Set(decided.keys())).toEqual(new Set(predicted.keys()));
  const store = new MemoryDatastore();
  for (const [key, bytes] of world.datastore.objects) store.objects.set(key, bytes);
  for (const spec of world.specs.values()) {
    const sources = await sourcesAt(store, spec);
    expect(sources.map(({ task }) => task)).toStrictEqual(predicted.get(spec.task));
    for (const { task, manifest } of sources) expect(manifest).toBe(decided.get(task));
  }
  expect(world.layer.inFlight).toStrictEqual([]);
}

describe('chunks in a world where everything goes wrong', { timeout: 60_000 }, () => {
  test('every task has one result, within the limits, and the log replays to the same end', async () => {
    await fc.assert(
      fc.asyncProperty(hardWorld, async ({ numbers, seed, maxWorkers }) => {
        const flow = sharingFlow(numbers);
        const limits = { maxWorkers, windows: {}, failFast: false };
        const behave = badLuck(seed);
        const world = makeWorld({ flow, seed, limits, faults: hardFaults, storeFails: 0.02, behave });
        await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
        await expectSoundRun(world, flow);
        const replayed = createState({ run: '1', plan: flow.plan });
        for (const event of world.metadata.log) {
          transition(replayed, event);
          expect(replayed.inFlight).toBeLessThanOrEqual(maxWorkers);
        }
        expect(replayed).toMatchObject({ ended: 'succeeded', inFlight: 0, catching: 0 });
        expect(replayed.chunks.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test('an engine that dies at any moment is followed by one that comes to the same results', async () => {
    await fc.assert(
      fc.asyncProperty(hardWorld, fc.nat({ max: 40 }), fc.boolean(), async (hard, deathAt, stored) => {
        const { numbers, seed, maxWorkers } = hard;
        const flow = sharingFlow(numbers);
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
          const second = await world.start({ ...limits, maxWorkers: 7 - maxWorkers });
          await expect(world.finish(second)).resolves.toMatchObject({ status: 'succeeded' });
        } else expect(first).toBe('fine');
        await expectSoundRun(world, flow);
      }),
      { numRuns: 60 },
    );
  });
});

async function outcomeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'fine',
    (error: unknown) => (isLeatError(error) ? error.code : error),
  );
}
