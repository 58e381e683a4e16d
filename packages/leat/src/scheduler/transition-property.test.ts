import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventFailure } from '../metadata/events.ts';
import { createState } from './state/create-state.ts';
import { flowOf } from './fixtures/flow-of.fixture.ts';
import { predict } from './fixtures/predict.fixture.ts';
import { randomBlocks } from './fixtures/random-blocks.fixture.ts';
import { begin, feed, finish } from './fixtures/feed.fixture.ts';
import { follow, play, succeeded } from './fixtures/play.fixture.ts';
import { failing, makeWorld, scenario } from './fixtures/random-world.fixture.ts';
import { jitter, platformRetries } from './policy/retry.ts';
import { transition } from './transition.ts';

describe('a run of any flow', () => {
  test('starts just the predicted tasks, each with its sources in the order of the split', () => {
    fc.assert(
      fc.property(scenario, ({ draw }) => {
        const flow = flowOf({ blocks: randomBlocks(draw) });
        const world = makeWorld(flow, draw);
        begin(world);
        play(world);
        expect(world.end).toBe('succeeded');
        expect(Object.fromEntries(world.sources)).toStrictEqual(Object.fromEntries(predict(flow)));
        expect(world.submits).toHaveLength(world.sources.size);
        expect(world.state.active.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test('gives the same whatever fails on the way, as long as tries are left; platform faults cost no tries', () => {
    fc.assert(
      fc.property(
        scenario,
        fc.constantFrom('constant' as const, 'exponential' as const),
        ({ draw, seed }, backoff) => {
          const blocks = randomBlocks(draw);
          const plain = flowOf({ blocks });
          const retry = { times: 2, waitSeconds: draw(2) * 30, backoff, maxWaitSeconds: 100 };
          const steps = Object.fromEntries(plain.plan.graph.steps.map(({ name }) => [name, { retry }]));
          const flow = flowOf({ blocks, steps });
          // Each task fails at most twice of its own, and at most ten times by the platform, in any order.
          const own = new Map<string, number>();
          const platform = new Map<string, number>();
          const fails = (task: string, attempt: number): EventFailure | undefined => {
            const chance = jitter(`${seed}${task}@${attempt}`);
            // As often as the queue likes.
            if (chance > 0.8) return { ...failing('start-failed'), code: 'JOB_EXPIRED' };
            const count = chance < 0.2 ? own : chance < 0.4 ? platform : undefined;
            const before = count?.get(task) ?? 0;
            if (count === undefined || before >= (count === own ? 2 : platformRetries)) return undefined;
            count.set(task, before + 1);
            return failing(count === own ? 'error' : attempt % 2 === 0 ? 'lost' : 'interrupted');
          };
          const world = makeWorld(flow, draw, { fails });
          begin(world);
          play(world);
          expect(world.end).toBe('succeeded');
          expect([...world.sources.keys()].toSorted()).toStrictEqual([...predict(flow).keys()].toSorted());
          expect(succeeded(world)).toBe(world.sources.size);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('keeps to its limits, and starts nothing after a failure', () => {
    fc.assert(
      fc.property(
        scenario,
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        ({ draw, seed }, maxWorkers, failFast) => {
          const flow = flowOf({ blocks: randomBlocks(draw) });
          const fails = (task: string): EventFailure | undefined =>
            jitter(`${seed}${task}`) < 0.03 ? failing('error') : undefined;
          const world = makeWorld(flow, draw, { fails, limits: { maxWorkers, windows: {}, failFast } });
          let atFailure: number | undefined;
          begin(world);
          play(world, ({ state, submits }) => {
            expect(state.inFlight).toBeLessThanOrEqual(maxWorkers);
            const tasks = [...state.active.values()];
            const flying = tasks.filter(({ phase }) => phase === 'issued' || phase === 'submitted');
            const sum = (of: 'inFlight' | 'running'): number =>
              state.counts.reduce((total, count) => total + count[of], 0);
            expect(sum('inFlight')).toBe(flying.length);
            expect(sum('running')).toBe(flying.filter((task) => task.state === 'running').length);
            if (state.ending === 'failed') atFailure ??= submits.length;
          });
          expect(world.end).toBe(atFailure === undefined ? 'succeeded' : 'failed');
          expect(world.submits).toHaveLength(atFailure ?? predict(flow).size);
          expect(world.state.inFlight).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('goes on over caught failures, and ends', () => {
    fc.assert(
      fc.property(scenario, ({ draw, seed }) => {
        const blocks = randomBlocks(draw);
        const steps = Object.fromEntries(
          flowOf({ blocks }).plan.graph.steps.map(({ name, next }) => [
            name,
            {
              catchError: {
                var: 'failed',
                ...(next.kind === 'switch' ? { case: Object.keys(next.cases).at(-1)! } : {}),
              },
            },
          ]),
        );
        const fails = (task: string): EventFailure | undefined =>
          jitter(`${seed}${task}`) < 0.3 ? failing('error') : undefined;
        const world = makeWorld(flowOf({ blocks, steps }), draw, { fails });
        begin(world);
        play(world);
        expect(world.end).toBe('succeeded');
        expect(succeeded(world)).toBe(world.sources.size);
      }),
      { numRuns: 200 },
    );
  });

  test('can be folded from its log again, to the last counter, and from any prefix of it', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), ({ draw, seed }, cut) => {
        const blocks = randomBlocks(draw);
        const retry = { times: 1, waitSeconds: 5, backoff: 'exponential' as const, maxWaitSeconds: 100 };
        const steps = Object.fromEntries(
          flowOf({ blocks }).plan.graph.steps.map(({ name }) => [name, { retry }]),
        );
        const flow = flowOf({ blocks, steps });
        const fails = (task: string, attempt: number): EventFailure | undefined =>
          jitter(`${seed}${task}@${attempt}`) < 0.1 ? failing('exit') : undefined;
        const limits = { windows: { simulated: 3 }, failFast: false };
        const world = makeWorld(flow, draw, { fails, limits });
        begin(world);
        play(world);
        finish(world);
        const replayed = createState({ run: '1', plan: flow.plan });
        for (const event of world.log) transition(replayed, event);
        expect(replayed).toStrictEqual(world.state);

        // An engine dies after any event; the next one takes over with other limits, and comes to the same tasks.
        const survivor = makeWorld(flow, draw, {
          fails,
          limits: { maxWorkers: 2, windows: {}, failFast: false },
        });
        follow(survivor, world.log.slice(0, 1 + (cut % world.log.length)), world.now);
        begin(survivor);
        play(survivor);
        finish(survivor);
        expect(survivor.state.ended).toBe(world.state.ended);
        if (world.end === 'succeeded') expect(succeeded(survivor)).toBe(succeeded(world));
      }),
      { numRuns: 200 },
    );
  });

  test('ends as cancelled when it is cancelled, and starts nothing more', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 1, max: 60 }), fc.boolean(), ({ draw }, when, force) => {
        const world = makeWorld(flowOf({ blocks: randomBlocks(draw) }), draw);
        begin(world);
        let submitsThen: number | undefined;
        play(world, ({ log, submits }) => {
          if (log.length < when || submitsThen !== undefined || world.end !== undefined) return;
          feed(world, { type: 'cancel-requested', at: world.now, by: 'SIGINT', force });
          submitsThen = submits.length;
        });
        if (submitsThen !== undefined) expect(world.submits).toHaveLength(submitsThen);
        expect(world.end).toBeDefined();
        if (world.end !== 'succeeded') expect(world.end).toBe('cancelled');
      }),
      { numRuns: 200 },
    );
  });
});
