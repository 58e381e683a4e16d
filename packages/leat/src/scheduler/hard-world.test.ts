/** Random flows in a world that does to tasks all that platforms do, each task in a process of its own, and most in shared ones. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import type { StepPlan } from '../plan/plan.ts';
import { flowOf, type RandomFlow } from './fixtures/flow-of.fixture.ts';
import { predict } from './fixtures/predict.fixture.ts';
import { randomBlocks } from './fixtures/random-blocks.fixture.ts';
import { outcomeOf, resultsOf } from './fixtures/run-log.fixture.ts';
import { MemoryDatastore } from '../testing/memory-datastore.ts';
import { makeWorld, type World, type WorldOptions } from './fixtures/simulation.fixture.ts';
import { sourcesAt } from './fixtures/sources.fixture.ts';
import { jitter } from './policy/retry.ts';
import { createState } from './state/create-state.ts';
import { transition } from './transition.ts';

const drawnWorld = fc.record({
  numbers: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
  seed: fc.nat(),
  maxWorkers: fc.integer({ min: 1, max: 6 }),
});

const faults = {
  failingCall: 0.05,
  lost: 0.06,
  interrupted: 0.06,
  doubled: 0.05,
  startFailed: 0.03,
  stale: 0.1,
};

const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };

type Behave = NonNullable<WorldOptions['behave']>;

/** How the tasks of a flow go about it. */
interface Manner {
  readonly name: string;
  /** Of these each step has one. */
  readonly steps: readonly ((draw: (bound: number) => number) => Partial<StepPlan>)[];
  /** What a task does that does not succeed; `chance` is below 0.15. */
  readonly fails: (chance: number) => ReturnType<Behave>;
}

const manners: readonly Manner[] = [
  { name: 'a process for each task', steps: [() => ({})], fails: () => thrown },
  {
    name: 'shared processes',
    steps: [
      () => ({}),
      () => ({ isolation: 'reuse' }),
      (draw) => ({ isolation: 'reuse', chunk: 2 + draw(6) }),
    ],
    fails: (chance) => {
      if (chance < 0.05) return 'exit';
      return chance < 0.1 ? 'leaves' : thrown;
    },
  },
];

function hardFlow(numbers: readonly number[], { steps: kinds }: Manner): RandomFlow {
  let at = 0;
  const draw = (bound: number): number =>
    Math.floor(jitter(`${numbers[(at += 1) % numbers.length]}/${at}`) * bound);
  const blocks = randomBlocks(draw, 8);
  const retry = { times: 2, waitSeconds: 1, backoff: 'exponential' as const, maxWaitSeconds: 100 };
  const steps = flowOf({ blocks }).plan.graph.steps.map(
    ({ name }) => [name, { retry, timeoutSeconds: 3600, ...kinds[draw(kinds.length)]!(draw) }] as const,
  );
  return flowOf({ blocks, steps: Object.fromEntries(steps), items: 12 });
}

/** Each task fails at most twice, whatever else befalls it: its tries must be enough. */
function badLuck(seed: number, { fails }: Manner): Behave {
  const bad = new Map<string, Set<number>>();
  return ({ task, attempt }) => {
    const attempts = bad.get(task) ?? new Set();
    bad.set(task, attempts);
    const chance = jitter(`${seed}${task}@${attempt}`);
    if (!attempts.has(attempt) && (attempts.size >= 2 || chance > 0.15)) return undefined;
    attempts.add(attempt);
    return fails(chance);
  };
}

async function expectSoundRun(hard: World, flow: RandomFlow): Promise<void> {
  const decided = resultsOf(hard);
  const predicted = predict(flow);
  expect(new Set(decided.keys())).toEqual(new Set(predicted.keys()));
  const calm = new MemoryDatastore();
  for (const [key, bytes] of hard.datastore.objects) calm.objects.set(key, bytes);
  for (const spec of hard.specs.values()) {
    const sources = await sourcesAt(calm, spec);
    expect(sources.map(({ task }) => task)).toStrictEqual(predicted.get(spec.task));
    for (const { task, manifest } of sources) expect(manifest).toBe(decided.get(task));
  }
  expect(hard.layer.inFlight).toStrictEqual([]);
}

/** The lease is taken away with this append, before it is stored or after. */
function dieAt({ metadata }: World, deathAt: number, stored: boolean): void {
  const append = metadata.append.bind(metadata);
  let appends = 0;
  metadata.append = async (lease, events) => {
    appends += 1;
    if (appends !== deathAt) return append(lease, events);
    if (stored) await append(lease, events);
    metadata.epoch += 1;
    return append(lease, events);
  };
}

describe.each(manners)(
  'in a world where everything goes wrong, with $name,',
  { timeout: 60_000 },
  (manner) => {
    test('every task has one result, within the limits, and the log replays to the same end', async () => {
      await fc.assert(
        fc.asyncProperty(drawnWorld, async ({ numbers, seed, maxWorkers }) => {
          const flow = hardFlow(numbers, manner);
          const limits = { maxWorkers, windows: {}, failFast: false };
          const behave = badLuck(seed, manner);
          const hard = makeWorld({ flow, seed, limits, faults, storeFails: 0.02, behave });
          await expect(hard.finish(await hard.start())).resolves.toMatchObject({ status: 'succeeded' });
          await expectSoundRun(hard, flow);
          const replayed = createState({ run: '1', plan: flow.plan });
          for (const event of hard.metadata.log) {
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
        fc.asyncProperty(drawnWorld, fc.nat({ max: 40 }), fc.boolean(), async (drawn, deathAt, stored) => {
          const { numbers, seed, maxWorkers } = drawn;
          const flow = hardFlow(numbers, manner);
          const limits = { maxWorkers, windows: {}, failFast: false };
          const hard = makeWorld({ flow, seed, limits, faults, behave: badLuck(seed, manner) });
          dieAt(hard, deathAt, stored);
          const first = await hard.clock.run(outcomeOf((await hard.start()).done));
          if (first === 'LEASE_LOST') {
            await hard.clock.run(hard.clock.pause(seed % 100_000));
            const second = await hard.start({ ...limits, maxWorkers: 7 - maxWorkers });
            await expect(hard.finish(second)).resolves.toMatchObject({ status: 'succeeded' });
          } else expect(first).toBe('fine');
          await expectSoundRun(hard, flow);
        }),
        { numRuns: 60 },
      );
    });
  },
);
