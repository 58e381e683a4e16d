import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import type { JobStatus } from '../compute/compute-layer.ts';
import type { StepPlan } from '../plan/plan.ts';
import type { TaskLine } from './observer.ts';
import { eachPlace } from './state/place-ranges.ts';
import { flowOf, noRetry, type RandomFlow } from './fixtures/flow-of.fixture.ts';
import { predict } from './fixtures/predict.fixture.ts';
import { eventsOf, packedIn, resultsOf } from './fixtures/run-log.fixture.ts';
import { makeWorld, type World, type WorldOptions } from './fixtures/simulation.fixture.ts';

const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };
const step = (name: string) => ({ kind: 'step', name }) as const;

/** A foreach over a few dozen items whose tasks go through jobs of at most `chunk`. */
function wide(own: Partial<StepPlan>): RandomFlow {
  const blocks = [{ kind: 'foreach', name: 'wide', body: [step('work')], join: 'join' }] as const;
  return flowOf({ blocks, steps: { work: { chunk: 8, isolation: 'reuse', ...own } }, items: 60 });
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
    expect(packedIn(world).length).toBe(tasks);
    expect(world.layer.started.length - 4).toBe(Math.ceil(tasks / 8));
    expect(eventsOf(world, 'attempt-submitted')).toHaveLength(4);
    expect(new Set(resultsOf(world).keys())).toEqual(new Set(predict(flow).keys()));
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
    expect(resultsOf(world).size).toBe(predict(flow).size);
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
    expect(resultsOf(world).size).toBe(predict(flow).size);
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
    expect(resultsOf(world).size).toBe(predict(flow).size);
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
    expect(resultsOf(world).size).toBe(predict(flow).size);
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
    expect(decided.length + packedIn(world).length).toBe(members.length);
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
      world.datastore.appendSync(key!, Buffer.from('torn\n'));
    });
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'lost' } }]);
    expect(resultsOf(world).size).toBe(predict(flow).size);
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
    expect(resultsOf(world).size).toBe(predict(flow).size);
  });
});
