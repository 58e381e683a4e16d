import type { Frame, Position, SchedulerState } from '../state/state.ts';
import { nodeOf, type StepId } from '../state/step-table.ts';

/** Whether one more job of a step may start, as far as its layer and the step itself are concerned. */
export function hasRoom(state: SchedulerState, step: StepId): boolean {
  const { layer, plan } = nodeOf(state.table, step);
  const window = state.limits.windows[plan.layer];
  if (window !== undefined && (state.inFlightByLayer[layer] ?? 0) >= window) return false;
  return plan.concurrency === undefined || (state.inFlightByStep[step] ?? 0) < plan.concurrency;
}

/** How many jobs of a step may run at once, when nothing else does. */
export function placesFor({ limits, table }: SchedulerState, step: StepId): number {
  const { plan } = nodeOf(table, step);
  const { maxWorkers = Infinity, windows } = limits;
  return Math.max(1, Math.min(maxWorkers, windows[plan.layer] ?? Infinity, plan.concurrency ?? Infinity));
}

/** Takes a place (`1`), or gives one back (`-1`). */
export function changePlaces(state: SchedulerState, step: StepId, by: 1 | -1): void {
  const { layer } = nodeOf(state.table, step);
  state.inFlight += by;
  state.inFlightByLayer[layer] = (state.inFlightByLayer[layer] ?? 0) + by;
  state.inFlightByStep[step] = (state.inFlightByStep[step] ?? 0) + by;
}

type Stand = Pick<Position, 'frame' | 'place'>;

/** Where a task stands within the innermost foreach around it; branches in between have no place in its path. */
function inForeach(at: Stand): Stand {
  let stand = at;
  while (stand.frame?.kind === 'branch') stand = stand.frame.split;
  return stand;
}

/** The innermost foreach around a task: those of one may share a chunk. */
export const groupFrameOf = (task: Stand): Frame | undefined => inForeach(task).frame;

/** The place of a task within {@link groupFrameOf}: the last index of its path. */
export const placeInGroup = (task: Stand): number => inForeach(task).place;
