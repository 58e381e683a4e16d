/**
 * What goes first. Deeper goes before shallower, and within a depth tasks that go on before items that begin: what is
 * started gets finished before more is started, so that the number of half-done items stays near the number of workers.
 * Equals go first come, first served. Each step has a lane of its own, so that one that may not start holds up no other. Only
 * decides the order; whether anything may start is `dispatch.ts`.
 */
import { emptyFifo, peek, push, shift, size } from './fifo.ts';
import type { Frame, ReadyLane, ReadyQueue, Task } from './state.ts';
import type { StepId, StepTable } from './step-table.ts';

/** A queue with nothing in it. */
export const emptyReady = (table: StepTable): ReadyQueue => ({
  lanes: table.steps.map(({ graph }) => ({
    depth: graph.splits.length,
    tasks: emptyFifo(),
    frames: emptyFifo(),
  })),
  arrivals: 0,
});

/** The lane of a step. */
export const laneOf = (queue: ReadyQueue, step: StepId): ReadyLane => queue.lanes[step] as ReadyLane;

/** Queues a task. */
export function pushTask(queue: ReadyQueue, task: Task): void {
  task.arrival = queue.arrivals += 1;
  push(laneOf(queue, task.step).tasks, task);
}

/** Queues a frame's pending items; `step` is their first. */
export function pushFrame(queue: ReadyQueue, step: StepId, frame: Frame): void {
  frame.arrival = queue.arrivals += 1;
  push(laneOf(queue, step).frames, frame);
}

/** The step that goes first among those with room. Costs as much as there are steps. */
export function firstReady(queue: ReadyQueue, hasRoom: (step: StepId) => boolean): StepId | undefined {
  let best: StepId | undefined;
  for (let step = 0; step < queue.lanes.length; step += 1) {
    const lane = laneOf(queue, step);
    if (isEmpty(lane)) continue;
    if ((best === undefined || goesBefore(lane, laneOf(queue, best))) && hasRoom(step)) best = step;
  }
  return best;
}

const isEmpty = ({ tasks, frames }: ReadyLane): boolean => size(tasks) === 0 && size(frames) === 0;

function goesBefore(lane: ReadyLane, other: ReadyLane): boolean {
  if (lane.depth !== other.depth) return lane.depth > other.depth;
  const task = peek(lane.tasks);
  const otherTask = peek(other.tasks);
  if ((task === undefined) !== (otherTask === undefined)) return task !== undefined;
  return headArrival(lane) < headArrival(other);
}

const headArrival = ({ tasks, frames }: ReadyLane): number =>
  peek(tasks)?.arrival ?? peek(frames)?.arrival ?? 0;

/**
 * Takes pending places of the frame that is first in a lane, in order, at most `most`; as pairs `from, to`. The frame itself is taken
 * with its last place.
 */
export function takePlaces({ frames }: ReadyLane, frame: Frame, most: number): number[] {
  const { pending } = frame;
  const taken: number[] = [];
  let left = most;
  while (left > 0 && size(pending) > 0) {
    const from = pending.items[pending.head] as number;
    const to = pending.items[pending.head + 1] as number;
    const until = Math.min(to, from + left);
    taken.push(from, until);
    left -= until - from;
    pending.items[pending.head] = until;
    if (until < to) break;
    shift(pending);
    shift(pending);
  }
  if (size(pending) === 0) shift(frames);
  return taken;
}

/** Pending items of all frames plus queued tasks of a step, counted up to `limit`. */
export function readyCount({ tasks, frames }: ReadyLane, limit: number): number {
  let count = size(tasks);
  for (let at = frames.head; at < frames.items.length && count < limit; at += 1) {
    count += pendingCount(frames.items[at] as Frame, limit - count);
  }
  return Math.min(count, limit);
}

function pendingCount(frame: Frame, limit: number): number {
  const { items, head } = frame.pending;
  let count = 0;
  for (let at = head; at < items.length && count < limit; at += 2) {
    count += (items[at + 1] as number) - (items[at] as number);
  }
  return count;
}
