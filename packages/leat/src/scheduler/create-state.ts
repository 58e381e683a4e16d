import { emptyFifo } from './fifo.ts';
import { emptyFinished } from './finished.ts';
import { emptyReady } from './ready-queue.ts';
import type { SchedulerState, StateFacts, StepCount } from './state.ts';
import { makeStepTable } from './step-table.ts';

/** The state of a run that has no events yet. */
export function createState({ run, plan, origin }: StateFacts): SchedulerState {
  const table = makeStepTable(plan);
  return {
    flow: plan.flow,
    run,
    plan,
    table,
    origin,
    fresh: new Set((origin?.fresh ?? []).flatMap((step) => table.ids.get(step) ?? [])),
    finished: emptyFinished(),
    active: new Map(),
    ready: emptyReady(table.layers.length),
    toReuse: emptyFifo(),
    toScan: emptyFifo(),
    counts: table.steps.map(emptyCount),
    limits: { windows: {}, failFast: false },
    started: false,
    inFlight: 0,
    inFlightByLayer: table.layers.map(() => 0),
    catching: 0,
    reusing: 0,
    ending: undefined,
    forced: false,
    reachedEnd: false,
    endCommanded: undefined,
    ended: undefined,
  };
}

const emptyCount = (): StepCount => ({
  waiting: 0,
  running: 0,
  retrying: 0,
  succeeded: 0,
  failed: 0,
  cancelled: 0,
  caught: 0,
  reused: 0,
  startedAt: undefined,
});
