import { chunkSize } from './chunk-size.ts';
import type { Command } from '../commands.ts';
import { peek, shift } from '../state/fifo.ts';
import { itemPosition } from './frames.ts';
import { issue } from './issue.ts';
import { eachPlace } from '../state/place-ranges.ts';
import { groupFrameOf, hasRoom } from './places.ts';
import { firstReady, laneOf, takePlaces } from '../state/ready-queue.ts';
import { dispatchReuse } from './reuse.ts';
import { startCopies } from './speculate.ts';
import type { Frame, ReadyLane, SchedulerState, Task } from '../state/state.ts';
import type { StepId } from '../state/step-table.ts';
import { addTask } from './tasks.ts';

/** Starts what may start: in order of readiness, within the limits. Nothing once the run is ending. */
export function dispatch(state: SchedulerState, out: Command[]): void {
  if (!state.started || state.ending !== undefined || state.reachedEnd) return;
  dispatchReuse(state, out);
  const { maxWorkers = Infinity } = state.limits;
  while (state.inFlight < maxWorkers) {
    const step = firstReady(state.ready, (id) => hasRoom(state, id));
    if (step === undefined) break;
    issue(state, takeJob(state, step), out);
  }
  startCopies(state, out);
}

/** The attempts of a step's next job: what is first in its lane, and what can go with it. */
function takeJob(state: SchedulerState, step: StepId): readonly Task[] {
  const lane = laneOf(state.ready, step);
  const most = chunkSize(state, step);
  const task = shift(lane.tasks);
  if (task !== undefined) return takeTasks(lane, task, most);
  const frame = peek(lane.frames);
  return frame === undefined ? [] : takeItems(state, frame, takePlaces(lane, frame, most));
}

function takeTasks({ tasks }: ReadyLane, first: Task, most: number): readonly Task[] {
  const taken = [first];
  const frame = most === 1 ? undefined : groupFrameOf(first);
  if (frame === undefined) return taken;
  for (let next = peek(tasks); next !== undefined && taken.length < most; next = peek(tasks)) {
    const fits =
      next.iteration === first.iteration && next.attempt === first.attempt && groupFrameOf(next) === frame;
    if (!fits) break;
    taken.push(next);
    shift(tasks);
  }
  return taken;
}

function takeItems(state: SchedulerState, frame: Frame, places: readonly number[]): readonly Task[] {
  const position = itemPosition(state, frame, 0);
  const origin = { source: { kind: 'split' }, reusable: false, phase: 'ready' } as const;
  return Array.from(eachPlace(places), (place) => addTask(state, { ...position, place }, origin));
}
