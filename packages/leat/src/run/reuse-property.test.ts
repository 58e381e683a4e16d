import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTask } from '../datastore/keys.ts';
import type { RunEvent } from '../metadata/events.ts';
import { project } from '../metadata/fold/projection.ts';
import { createState } from '../scheduler/state/create-state.ts';
import { originByTask } from '../scheduler/fixtures/origin.fixture.ts';
import type { Origin, OriginResult } from '../scheduler/state/origin.ts';
import { flowOf, type RandomFlow } from '../scheduler/fixtures/flow-of.fixture.ts';
import { randomBlocks } from '../scheduler/fixtures/random-blocks.fixture.ts';
import { begin, finish } from '../scheduler/fixtures/feed.fixture.ts';
import { follow, play } from '../scheduler/fixtures/play.fixture.ts';
import { failing, makeWorld, scenario, type World } from '../scheduler/fixtures/random-world.fixture.ts';
import { jitter } from '../scheduler/policy/retry.ts';
import { transition } from '../scheduler/transition.ts';
import { OriginResults } from './origin-results.ts';

const limits = { maxWorkers: 3, windows: {}, failFast: false };

type Draw = World['draw'];

/** Steps of which some share processes, some try again. */
function sharing(draw: Draw): RandomFlow {
  const blocks = randomBlocks(draw);
  const steps = Object.fromEntries(
    flowOf({ blocks }).plan.graph.steps.map(({ name }) => [
      name,
      {
        ...(draw(2) === 0 ? { isolation: 'reuse' as const, chunk: 1 + draw(4) } : {}),
        retry: { times: draw(2), waitSeconds: 0, backoff: 'constant' as const, maxWaitSeconds: 0 },
      },
    ]),
  );
  return flowOf({ blocks, steps });
}

/** What an older run has decided, part of it. */
function olderRun(flow: RandomFlow, draw: Draw, seed: string): ReadonlyMap<string, OriginResult> {
  const fails = (task: string, attempt: number) =>
    jitter(`${seed}${task}@${attempt}`) < 0.1 ? failing('error') : undefined;
  const world = makeWorld(flow, draw, { fails, limits });
  begin(world);
  play(world);
  const decided = new Map<string, OriginResult>();
  for (const { task, manifest, outcome } of project(world.log).tasks) {
    if (manifest === undefined || outcome === undefined || jitter(`lost${seed}${task}`) < 0.1) continue;
    decided.set(task, { manifest: manifest.replace('/1/', '/0/'), outcome, run: '0' });
  }
  return decided;
}

const byTask = (results: ReadonlyMap<string, OriginResult>, fresh: readonly string[]): Origin =>
  originByTask('0', (task) => results.get(task), fresh);

function together(
  flow: RandomFlow,
  all: ReadonlyMap<string, OriginResult>,
  fresh: readonly string[],
): Origin {
  const table = new OriginResults(flow.plan.flow);
  for (const [task, result] of all) table.add(parseTask(task)!, result);
  return {
    run: '0',
    fresh,
    result: (task) => table.get(task),
    span: (group, from, to) => table.span(group, from, to),
    results: (group, from, to) => table.results(group, from, to),
  };
}

function resume(flow: RandomFlow, draw: Draw, origin: Origin): World {
  const world = makeWorld(flow, draw, { origin, limits });
  begin(world);
  play(world);
  return world;
}

/** What a reader sees of the tasks that were reused. */
const reusedOf = (log: readonly RunEvent[]) =>
  project(log)
    .tasks.filter(({ originRun }) => originRun !== undefined)
    .map(({ task, manifest, outcome, originRun, status }) => ({
      task,
      manifest,
      outcome,
      originRun,
      status,
    }));

describe('a run that takes over results', () => {
  const given = fc.tuple(scenario, fc.boolean());
  test('takes the same results and starts the same tasks, whether items are taken together or one by one', () => {
    let spans = 0;
    fc.assert(
      fc.property(given, ([{ draw, seed }, isPartial]) => {
        const flow = sharing(draw);
        const { steps } = flow.plan.graph;
        const fresh = isPartial ? [steps[draw(steps.length)]!.name] : [];
        const results = olderRun(flow, draw, seed);
        const single = resume(flow, draw, byTask(results, fresh));
        const bulk = resume(flow, draw, together(flow, results, fresh));
        expect([single.end, bulk.end]).toEqual(['succeeded', 'succeeded']);
        expect(reusedOf(bulk.log)).toStrictEqual(reusedOf(single.log));
        expect(new Set(bulk.submits.map(({ task }) => task))).toStrictEqual(
          new Set(single.submits.map(({ task }) => task)),
        );
        expect(new Map(bulk.sources)).toStrictEqual(new Map(single.sources));
        expect(bulk.state.counts.map(({ reused }) => reused)).toEqual(
          single.state.counts.map(({ reused }) => reused),
        );
        expect(bulk.state.reusingItems.size + bulk.state.itemsReusing + bulk.state.reusing).toBe(0);
        spans += bulk.log.filter(
          (event) => event.type === 'tasks-reused' && event.to - event.from > 1,
        ).length;
      }),
      { numRuns: 100 },
    );
    expect(spans).toBeGreaterThan(0);
  });

  test('can be folded from its log again, and taken over after any event', () => {
    fc.assert(
      fc.property(scenario, fc.nat(), ({ draw, seed }, cut) => {
        const flow = sharing(draw);
        const origin = together(flow, olderRun(flow, draw, seed), []);
        const world = resume(flow, draw, origin);
        finish(world);
        const replayed = createState({ run: '1', plan: flow.plan, origin });
        for (const event of world.log) transition(replayed, event);
        expect(replayed).toStrictEqual(world.state);

        const survivor = makeWorld(flow, draw, { origin, limits });
        follow(survivor, world.log.slice(0, 1 + (cut % world.log.length)), world.now);
        begin(survivor);
        play(survivor);
        finish(survivor);
        expect(survivor.state.ended).toBe('succeeded');
        expect(reusedOf(survivor.log).length).toBeLessThanOrEqual(reusedOf(world.log).length);
        expect(survivor.state.counts.map(({ reused }) => reused)).toEqual(
          world.state.counts.map(({ reused }) => reused),
        );
      }),
      { numRuns: 100 },
    );
  });
});
