import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventFailure } from '../../metadata/events.ts';
import type { StepPlan } from '../../plan/plan.ts';
import { createState } from '../state/create-state.ts';
import { countPlaces } from '../state/place-ranges.ts';
import { flowOf, noRetry, type RandomFlow } from '../fixtures/flow-of.fixture.ts';
import { predict } from '../fixtures/predict.fixture.ts';
import { type Blocks, type Draw, randomBlocks } from '../fixtures/random-blocks.fixture.ts';
import { begin, feed, finish } from '../fixtures/feed.fixture.ts';
import { follow, play, succeeded } from '../fixtures/play.fixture.ts';
import { failing, makeWorld, scenario, type World } from '../fixtures/random-world.fixture.ts';
import { jitter } from './retry.ts';
import { transition } from '../transition.ts';

const retries = { ...noRetry, times: 2 };

/** Any flow, some of whose steps share processes or have few places; a foreach gives a few items or a few dozen. */
function sharingFlow(blocks: Blocks, draw: Draw, more: Partial<StepPlan> = {}): RandomFlow {
  const plain = flowOf({ blocks });
  const steps = plain.plan.graph.steps.map(({ name }) => {
    const sharing: readonly Partial<StepPlan>[] = [
      {},
      { isolation: 'reuse' },
      { isolation: 'reuse', chunk: 1 + draw(4) },
      { concurrency: 1 + draw(2) },
      { isolation: 'reuse', chunk: 2 + draw(9), concurrency: 1 + draw(2) },
    ];
    return [name, { ...more, ...sharing[draw(sharing.length)] }] as const;
  });
  return flowOf({ blocks, steps: Object.fromEntries(steps), items: 12 });
}

/** Each attempt's fate, at most two failures of its own for each task: a throw, or the death of its process. */
function fate(seed: string): (task: string, attempt: number) => EventFailure | undefined {
  const spent = new Map<string, number>();
  return (task, attempt) => {
    const chance = jitter(`${seed}${task}@${attempt}`);
    const before = spent.get(task) ?? 0;
    if (chance > 0.15 || before >= 2) return undefined;
    spent.set(task, before + 1);
    return failing(chance < 0.05 ? 'error' : chance < 0.1 ? 'exit' : 'lost');
  };
}

function expectSoundCounts({ state, limits, log }: World): void {
  if (log.length % 5 !== 0 && state.active.size > 20) return;
  const tasks = [...state.active.values()];
  const phases = new Set(['issued', 'submitted', 'beaten']);
  const flying = tasks.filter(({ phase }) => phases.has(phase));
  const copies = tasks.flatMap(({ copy }) => copy ?? []);
  const alone = flying.filter(({ chunk }) => chunk === undefined);
  const working = [...state.chunks.values()].filter(
    ({ open, startedAt }) => open.size > 0 && startedAt !== undefined,
  );
  const issued = new Set(flying.flatMap(({ chunk }) => (chunk?.token === undefined ? (chunk ?? []) : [])));
  const sum = (of: 'inFlight' | 'running'): number =>
    state.counts.reduce((total, count) => total + count[of], 0);
  const running = [...alone, ...copies].filter((attempt) => attempt.state === 'running');
  const isSound =
    sum('inFlight') === flying.length + copies.length &&
    sum('running') === running.length + working.length &&
    state.copies === copies.length &&
    state.inFlight === alone.length + copies.length + state.chunks.size + issued.size &&
    state.inFlight <= (limits.maxWorkers ?? Infinity) &&
    state.table.steps.every(
      ({ id, plan }) => (state.inFlightByStep[id] ?? 0) <= (plan.concurrency ?? Infinity),
    ) &&
    flying.every(({ chunk }) => chunk === undefined || chunk.open.size > 0);
  if (!isSound) throw new Error(`the counts are wrong after ${JSON.stringify(log.at(-1))}`);
}

describe('a run whose tasks share processes', () => {
  test('gives each predicted task one result, in its order, whatever its processes come to', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 1, max: 5 }), ({ draw, seed }, maxWorkers) => {
        const flow = sharingFlow(randomBlocks(draw), draw, { retry: retries });
        const limits = { maxWorkers, windows: {}, failFast: false };
        const world = makeWorld(flow, draw, { fails: fate(seed), limits });
        begin(world);
        play(world, expectSoundCounts);
        expect(world.end).toBe('succeeded');
        expect(Object.fromEntries(world.sources)).toStrictEqual(Object.fromEntries(predict(flow)));
        expect(succeeded(world)).toBe(world.sources.size);
        expect([world.state.active.size, world.state.chunks.size, world.state.inFlight]).toEqual([0, 0, 0]);
        for (const { group, places } of world.chunks) {
          const { chunk = Infinity, isolation } = flow.plan.steps[group.step]!;
          expect(isolation).toBe('reuse');
          expect(countPlaces(places)).toBeGreaterThan(1);
          expect(countPlaces(places)).toBeLessThanOrEqual(chunk);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('goes on over members that are caught, and ends after one that is not', () => {
    fc.assert(
      fc.property(scenario, fc.boolean(), fc.boolean(), ({ draw, seed }, caught, failFast) => {
        const blocks = randomBlocks(draw);
        const flow = sharingFlow(
          blocks,
          draw,
          caught ? { catchError: { var: 'failed', case: 'case0' } } : {},
        );
        const fails = (task: string): EventFailure | undefined =>
          jitter(`${seed}${task}`) < 0.05 ? failing(draw(2) === 0 ? 'error' : 'exit') : undefined;
        // Where a caught switch goes on is not what it would have decided, and a loop's has another name for it.
        const switches = flow.plan.graph.steps.some(({ next }) => next.kind === 'switch');
        fc.pre(!caught || !switches);
        const world = makeWorld(flow, draw, { fails, limits: { maxWorkers: 3, windows: {}, failFast } });
        let startedAtFailure: number | undefined;
        begin(world);
        play(world, (now) => {
          expectSoundCounts(now);
          if (now.state.ending === 'failed') startedAtFailure ??= now.submits.length;
        });
        expect(world.end).toBe(startedAtFailure === undefined ? 'succeeded' : 'failed');
        if (caught) expect(world.end).toBe('succeeded');
        if (startedAtFailure !== undefined) expect(world.submits).toHaveLength(startedAtFailure);
        expect([world.state.chunks.size, world.state.inFlight]).toEqual([0, 0]);
      }),
      { numRuns: 60 },
    );
  });

  test('can be folded from its log again, and taken over after any event', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), ({ draw, seed }, cut) => {
        const flow = sharingFlow(randomBlocks(draw), draw, { retry: retries });
        const limits = { windows: { simulated: 3 }, failFast: false };
        const world = makeWorld(flow, draw, { fails: fate(seed), limits });
        begin(world);
        play(world);
        finish(world);
        const replayed = createState({ run: '1', plan: flow.plan });
        for (const event of world.log) transition(replayed, event);
        expect(replayed).toStrictEqual(world.state);

        const survivor = makeWorld(flow, draw, {
          fails: fate(`${seed} again`),
          limits: { maxWorkers: 2, windows: {}, failFast: false },
        });
        follow(survivor, world.log.slice(0, 1 + (cut % world.log.length)), world.now);
        begin(survivor);
        // What its first engine began with more places than this one has goes on.
        play(survivor, (now) => expectSoundCounts({ ...now, limits: { ...now.limits, maxWorkers: 5 } }));
        finish(survivor);
        if (survivor.state.ended === 'succeeded') expect(succeeded(survivor)).toBe(predict(flow).size);
        expect(survivor.state.ended).toBeDefined();
      }),
      { numRuns: 40 },
    );
  });

  test('ends as cancelled when it is cancelled, and starts nothing more', () => {
    fc.assert(
      fc.property(scenario, fc.integer({ min: 1, max: 80 }), ({ draw, seed }, when) => {
        const flow = sharingFlow(randomBlocks(draw), draw, { retry: retries });
        const world = makeWorld(flow, draw, { fails: fate(seed) });
        begin(world);
        let submitsThen: number | undefined;
        play(world, ({ log, submits }) => {
          if (log.length < when || submitsThen !== undefined || world.end !== undefined) return;
          feed(world, { type: 'cancel-requested', at: world.now, by: 'SIGINT', force: false });
          submitsThen = submits.length;
        });
        if (submitsThen !== undefined) expect(world.submits).toHaveLength(submitsThen);
        expect(world.end).toBeDefined();
        expect(world.state.inFlight).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
