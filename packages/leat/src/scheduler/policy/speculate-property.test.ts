import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventFailure } from '../../metadata/events.ts';
import { foldTask } from '../../metadata/fold/fold-task.ts';
import { taskKey } from '../../metadata/task-key.ts';
import type { TaskRecord } from '../../metadata/metadata-store.ts';
import type { StepPlan } from '../../plan/plan.ts';
import { createState } from '../state/create-state.ts';
import { flowOf, noRetry } from '../fixtures/flow-of.fixture.ts';
import { predict } from '../fixtures/predict.fixture.ts';
import { randomBlocks } from '../fixtures/random-blocks.fixture.ts';
import { begin, finish } from '../fixtures/feed.fixture.ts';
import { follow, play, succeeded } from '../fixtures/play.fixture.ts';
import { failing, makeWorld, scenario, type World } from '../fixtures/random-world.fixture.ts';
import { jitter } from './retry.ts';
import { transition } from '../transition.ts';

const limits = { maxWorkers: 12, windows: {}, failFast: false, speculate: true } as const;

/** At most `times` attempts of a task fail, copies included. */
function fate(seed: string, times: number): (task: string, attempt: number) => EventFailure | undefined {
  const spent = new Map<string, number>();
  return (task, attempt) => {
    const before = spent.get(task) ?? 0;
    if (before >= times || jitter(`${seed}${task}@${attempt}`) > 0.2) return undefined;
    spent.set(task, before + 1);
    return failing('error');
  };
}

function wideFlow(draw: (bound: number) => number, times: number) {
  const blocks = randomBlocks(draw, 8);
  const retry = { ...noRetry, times };
  const steps = flowOf({ blocks }).plan.graph.steps.map(({ name }, at): [string, Partial<StepPlan>] => [
    name,
    at % 4 === 3 ? { retry, isolation: 'reuse', chunk: 3 } : { retry },
  ]);
  return flowOf({ blocks, steps: Object.fromEntries(steps), items: 24 });
}

/** What lists tell of the tasks, from the log alone. */
function tabled(world: World): ReadonlyMap<string, TaskRecord> {
  const tasks = new Map<string, TaskRecord>();
  for (const event of world.log) {
    // What a chunk's events say of its members is the business of other tests.
    if ('task' in event && world.flow.plan.steps[taskKey(event.task).step]?.chunk === undefined)
      tasks.set(event.task, foldTask(tasks.get(event.task), event));
  }
  return tasks;
}

describe('a run with second copies', () => {
  test('gives each task one result, and leaves nothing in flight', () => {
    let copies = 0;
    fc.assert(
      fc.property(scenario, ({ draw, seed }) => {
        const flow = wideFlow(draw, 4);
        const world = makeWorld(flow, draw, { limits, fails: fate(seed, 4) });
        begin(world);
        play(world, ({ state }) => {
          // A copy goes on when places around it become free.
          if (state.copies > 1 || state.inFlight > limits.maxWorkers) throw new Error('too many copies');
        });
        expect(world.end).toBe('succeeded');
        expect(Object.fromEntries(world.sources)).toStrictEqual(Object.fromEntries(predict(flow)));
        expect(succeeded(world)).toBe(world.sources.size);
        const { active, inFlight, copies: left } = world.state;
        expect([active.size, inFlight, left]).toEqual([0, 0, 0]);
        copies += world.cancelled.size;
        for (const [task, record] of tabled(world))
          expect([record.status, record.manifest]).toEqual(['succeeded', world.decided.get(task)]);
      }),
      { numRuns: 40 },
    );
    expect(copies).toBeGreaterThan(10);
  });

  test('fails a task when both copies have failed and no try is left, as lists tell it', () => {
    fc.assert(
      fc.property(scenario, ({ draw, seed }) => {
        const world = makeWorld(wideFlow(draw, 1), draw, { limits, fails: fate(seed, 3) });
        begin(world);
        play(world);
        finish(world);
        expect(world.state.inFlight).toBe(0);
        const failed = [...tabled(world).values()].filter(({ status }) => status === 'failed');
        const { counts, table } = world.state;
        const alone = table.steps.filter(({ plan }) => plan.chunk === undefined);
        expect(failed.length).toBe(alone.reduce((sum, { id }) => sum + counts[id]!.failed, 0));
        if (failed.length > 0) expect(world.end).toBe('failed');
      }),
      { numRuns: 40 },
    );
  });

  test('can be folded from its log again, and taken over after any event', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), ({ draw, seed }, cut) => {
        const flow = wideFlow(draw, 3);
        const world = makeWorld(flow, draw, { limits, fails: fate(seed, 3) });
        begin(world);
        play(world);
        finish(world);
        const replayed = createState({ run: '1', plan: flow.plan });
        for (const event of world.log) transition(replayed, event);
        expect(replayed).toStrictEqual(world.state);

        const survivor = makeWorld(flow, draw, { limits });
        follow(survivor, world.log.slice(0, 1 + (cut % world.log.length)), world.now);
        begin(survivor);
        play(survivor);
        finish(survivor);
        expect(survivor.state.ended).toBe('succeeded');
        expect(succeeded(survivor)).toBe(predict(flow).size);
        expect(survivor.state.inFlight).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});
