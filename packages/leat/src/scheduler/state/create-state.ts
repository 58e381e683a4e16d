import { emptyFifo } from './fifo.ts';
import { emptyFinished } from './finished.ts';
import { emptyReady } from './ready-queue.ts';
import type { SchedulerState, StateFacts, StepCount } from './state.ts';
import { makeStepTable, nodeOf, type StepId, type StepTable, targetsOf } from './step-table.ts';

/** The state of a run that has no events yet. */
export function createState({ run, plan, origin }: StateFacts): SchedulerState {
  const table = makeStepTable(plan);
  return {
    flow: plan.flow,
    run,
    plan,
    table,
    origin,
    fresh: freshSteps(table, origin?.fresh ?? []),
    finished: emptyFinished(),
    active: new Map(),
    chunks: new Map(),
    chunksIssued: 0,
    ready: emptyReady(table),
    toReuse: emptyFifo(),
    toScan: emptyFifo(),
    counts: table.steps.map(emptyCount),
    limits: { windows: {}, failFast: false },
    started: false,
    inFlight: 0,
    inFlightByLayer: table.layers.map(() => 0),
    inFlightByStep: table.steps.map(() => 0),
    pace: table.steps.map(() => ({ tasks: 0, ms: 0, durations: [] })),
    stragglers: new Set(),
    copies: 0,
    catching: 0,
    reusing: 0,
    reusingItems: new Map(),
    itemsReusing: 0,
    ending: undefined,
    cancelling: false,
    forced: false,
    reachedEnd: false,
    endCommanded: undefined,
    ended: undefined,
  };
}

const emptyCount = (): StepCount => ({
  waiting: 0,
  inFlight: 0,
  running: 0,
  retrying: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  caught: 0,
  reused: 0,
  startedAt: undefined,
});

/**
 * The steps that are never reused: those named, and all after them. Within a loop everything is after everything; there only
 * the step itself counts, and what its new result leads to starts anew because a task before it was not reused.
 */
function freshSteps(table: StepTable, names: readonly string[]): ReadonlySet<StepId> {
  const fresh = new Set<StepId>();
  for (const name of names) {
    const id = table.ids.get(name);
    if (id === undefined) continue;
    const { loop } = nodeOf(table, id).graph;
    const reached = reachableFrom(table, id);
    fresh.add(id);
    for (const step of reached) {
      if (loop === undefined || nodeOf(table, step).graph.loop !== loop) fresh.add(step);
    }
  }
  return fresh;
}

function reachableFrom(table: StepTable, from: StepId): ReadonlySet<StepId> {
  const reached = new Set<StepId>();
  const open = [from];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    for (const target of targetsOf(nodeOf(table, step))) {
      if (reached.has(target)) continue;
      reached.add(target);
      open.push(target);
    }
  }
  return reached;
}
