/**
 * Which events mean anything: those of attempts in flight, and those that tell more than is known. Pure; what they do is
 * `transition.ts`'s.
 */
import type { AttemptState, RunEvent } from '../../metadata/events.ts';
import { timelyChunk } from './chunk-events.ts';
import { reuseOf } from './reuse-items.ts';
import { isWatched } from './speculate.ts';
import type { Copy, SchedulerState, Task } from '../state/state.ts';
import { defect } from './tasks.ts';

/** An event about one task. */
export type TaskEvent = Extract<RunEvent, { task: string }>;

/** An event about one attempt of a task. */
export type AttemptEvent = Exclude<
  TaskEvent,
  { type: 'task-reused' | 'task-caught' | 'retry-due' | 'straggler-due' }
>;

/**
 * Whether an event comes in time to mean anything. One that does not must not be logged either: a store that reads the log
 * would take the success of an attempt that was given up for the result of its task.
 */
export function isTimely(state: SchedulerState, event: RunEvent): boolean {
  if (state.ended !== undefined) return false;
  if (!('task' in event)) return isTimelyForRun(state, event);
  const task = state.active.get(event.task);
  if (task === undefined) return false;
  switch (event.type) {
    case 'task-reused':
      return task.phase === 'reusing';
    case 'task-caught':
      return task.phase === 'catching';
    case 'retry-due':
    case 'straggler-due':
      return task.attempt === event.attempt && isExpected(state, task, event.type);
    default:
      return concernsFlight(task, event) && isNews(task, event);
  }
}

/** Whether the scheduler waits for a timer. */
function isExpected(state: SchedulerState, task: Task, timer: 'retry-due' | 'straggler-due'): boolean {
  if (timer === 'retry-due') return task.phase === 'waiting' && state.ending === undefined;
  return isWatched(state, task) && !state.stragglers.has(task.address);
}

function isTimelyForRun(state: SchedulerState, event: Exclude<RunEvent, TaskEvent>): boolean {
  switch (event.type) {
    case 'engine-started':
    case 'run-ended':
      return true;
    case 'cancel-requested':
      return state.endCommanded === undefined;
    case 'tasks-reused':
      return reuseOf(state, event) !== undefined;
    default:
      return timelyChunk(state, event) !== undefined;
  }
}

function isNews(task: Task, event: AttemptEvent): boolean {
  // What its job does is told of the chunk.
  if (task.chunk !== undefined) return event.type === 'attempt-succeeded' || event.type === 'attempt-failed';
  const copy = copyOf(task, event);
  if (event.type === 'attempt-state') return rank(event.state) > rank((copy ?? task).state);
  if (event.type !== 'attempt-submitted') return true;
  return copy === undefined ? task.phase === 'issued' : !copy.submitted;
}

/** Whether an event is of an attempt in flight. An older one is late; a newer one cannot be. */
function concernsFlight(task: Task, event: AttemptEvent): boolean {
  if (event.attempt < task.attempt || task.phase === 'catching') return false;
  const flying = task.phase === 'issued' || task.phase === 'submitted' || task.phase === 'beaten';
  if (flying && (event.attempt === task.attempt || event.attempt === task.copy?.attempt)) return true;
  // A copy that failed before the first attempt.
  if (event.attempt <= task.last && event.attempt !== task.attempt) return false;
  throw defect(
    task,
    `'${event.type}' came for attempt ${event.attempt}, and attempt ${task.attempt} is '${task.phase}'`,
  );
}

/** The copy of a task that an event is about, if it is about the copy. */
export const copyOf = (task: Task, event: AttemptEvent): Copy | undefined =>
  task.copy?.attempt === event.attempt ? task.copy : undefined;

const order: readonly AttemptState[] = ['submitted', 'queued', 'starting', 'running'];
const rank = (attemptState: AttemptState | undefined): number =>
  attemptState === undefined ? -1 : order.indexOf(attemptState);
