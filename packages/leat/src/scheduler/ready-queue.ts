/**
 * What goes first. Deeper goes before shallower, and within a depth tasks that go on before items that begin: what is
 * started gets finished before more is started, so that the number of half-done items stays near the number of workers.
 * Equals go first come, first served. Only decides the order; whether anything may start is `dispatch.ts`.
 */
import { emptyFifo, peek, push, shift, size } from './fifo.ts';
import type { Frame, ReadyLevel, ReadyQueue, Task } from './state.ts';

/** Either a task, or a frame whose next pending item may begin. */
export type Ready =
  | { readonly kind: 'task'; readonly task: Task }
  | { readonly kind: 'item'; readonly frame: Frame };

/** A queue with nothing in it. */
export const emptyReady = (layers: number): ReadyQueue => ({
  layers: Array.from({ length: layers }, () => []),
});

function levelOf(queue: ReadyQueue, layer: number, depth: number): ReadyLevel {
  const levels = queue.layers[layer] as ReadyLevel[];
  while (levels.length <= depth) levels.push({ tasks: emptyFifo(), frames: emptyFifo() });
  return levels[depth] as ReadyLevel;
}

/** Queues a task; `depth` is the number of frames around it. */
export function pushTask(queue: ReadyQueue, layer: number, task: Task): void {
  push(levelOf(queue, layer, task.frame?.depth ?? 0).tasks, task);
}

/** Queues a frame's pending items. */
export function pushFrame(queue: ReadyQueue, layer: number, frame: Frame): void {
  push(levelOf(queue, layer, frame.depth).frames, frame);
}

/** Takes what goes first among the layers with room. An item's frame stays queued until its last pending item is taken. */
export function takeReady(queue: ReadyQueue, hasRoom: (layer: number) => boolean): Ready | undefined {
  let best: ReadyLevel | undefined;
  let bestDepth = -1;
  for (const [layer, levels] of queue.layers.entries()) {
    const depth = levels.findLastIndex((level) => size(level.tasks) > 0 || size(level.frames) > 0);
    if (depth <= bestDepth || !hasRoom(layer)) continue;
    bestDepth = depth;
    best = levels[depth];
  }
  if (best === undefined) return undefined;
  const task = shift(best.tasks);
  if (task !== undefined) return { kind: 'task', task };
  const frame = peek(best.frames);
  return frame === undefined ? undefined : { kind: 'item', frame };
}

/** Takes the next pending place of a frame that {@link takeReady} returned, and the frame itself with its last. */
export function takeItem(queue: ReadyQueue, layer: number, frame: Frame): number {
  const from = frame.pending.items[frame.pending.head] as number;
  const to = frame.pending.items[frame.pending.head + 1] as number;
  if (from + 1 < to) {
    frame.pending.items[frame.pending.head] = from + 1;
    return from;
  }
  shift(frame.pending);
  shift(frame.pending);
  if (size(frame.pending) === 0) shift(levelOf(queue, layer, frame.depth).frames);
  return from;
}

/** Pending items of all frames plus queued tasks of a layer, counted up to `limit`. */
export function readyCount(queue: ReadyQueue, layer: number, limit: number): number {
  let count = 0;
  for (const level of queue.layers[layer] ?? []) {
    count += size(level.tasks);
    for (let at = level.frames.head; at < level.frames.items.length && count < limit; at += 1) {
      count += pendingCount(level.frames.items[at] as Frame, limit - count);
    }
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
