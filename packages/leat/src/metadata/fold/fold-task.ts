/**
 * State = fold of events. What each event does to a task, an attempt, a run and the counts of a step, as pure
 * functions, a file for each: every metadata store calls these and only stores what they return. No I/O, no clock, no
 * driver here. `projection.ts` is all of it together, in memory.
 *
 * Events may repeat and come late (a job that was given up and reports after all): a task that has succeeded stays as
 * it is, and an attempt that is not the newest never moves its task's status, except by succeeding first.
 */
import type { TaskRecord, TaskStatus } from '../metadata-store.ts';
import { taskKey } from '../task-key.ts';
import type { AttemptEvent, EventOf, MemberEvent, TaskEvent, TurnEvent } from '../task-events.ts';

/** Whether nothing more is expected of a task. */
export function isDecided(status: TaskStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

/** What an event makes of its task; `task` is `undefined` before the task's first event. */
export function foldTask(task: TaskRecord | undefined, event: TaskEvent | MemberEvent): TaskRecord {
  const now = task ?? newTask(event);
  if (isTurn(event)) return afterTurn(now, event);
  switch (event.type) {
    case 'attempt-submitted':
      return afterSubmitted(now, event);
    case 'attempt-state':
      return afterState(now, event);
    case 'attempt-failed':
      return afterFailed(now, event);
    case 'attempt-succeeded':
    case 'task-caught':
    case 'task-reused':
      return now.status === 'succeeded' ? now : afterSuccess(now, event);
    default: // 'attempt-accepted', 'retry-due', 'straggler-due': nothing that lists would tell of a task.
      return now;
  }
}

function newTask(event: TaskEvent | MemberEvent): TaskRecord {
  const { step, path, iteration } = taskKey(event.task);
  const { task, at } = event;
  return { task, step, path, iteration, status: 'submitted', attempts: 0, createdAt: at, caught: false };
}

/** Whether the event is about the newest attempt of its task. */
function isCurrent(task: TaskRecord, event: MemberEvent): boolean {
  return event.attempt >= task.attempts - 1;
}

/** A task starts when the first of its attempts does. */
function started(task: TaskRecord, at: number): { readonly startedAt: number } {
  return { startedAt: task.startedAt ?? at };
}

function afterSubmitted(task: TaskRecord, event: AttemptEvent): TaskRecord {
  if (event.attempt < task.attempts && !isDueAgain(task, event)) return task;
  const attempts = event.attempt + 1;
  if (task.status === 'succeeded') return { ...task, attempts };
  const { decidedBy: _decidedBy, endedAt: _endedAt, ...rest } = task;
  return { ...rest, attempts, status: 'submitted' };
}

/** A member of a chunk that was returned is submitted under its number again. */
function isDueAgain(task: TaskRecord, event: AttemptEvent): boolean {
  return task.status === 'waiting-retry' && event.attempt === task.attempts - 1;
}

function isTurn(event: TaskEvent | MemberEvent): event is TurnEvent {
  return event.type === 'member-started' || event.type === 'member-returned';
}

function afterTurn(task: TaskRecord, event: TurnEvent): TaskRecord {
  if (!isCurrent(task, event) || isDecided(task.status)) return task;
  return { ...task, status: event.type === 'member-started' ? 'running' : 'waiting-retry' };
}

function afterState(task: TaskRecord, event: EventOf<'attempt-state'>): TaskRecord {
  if (!isCurrent(task, event) || isDecided(task.status)) return task;
  return { ...task, status: event.state, ...(event.state === 'running' ? started(task, event.at) : {}) };
}

function afterSuccess(
  task: TaskRecord,
  event: EventOf<'attempt-succeeded' | 'task-caught' | 'task-reused'>,
): TaskRecord {
  const { manifest, outcome, at } = event;
  const { decidedBy: _decidedBy, ...rest } = task;
  const done = { ...rest, status: 'succeeded', manifest, outcome, endedAt: at } as const;
  switch (event.type) {
    case 'attempt-succeeded':
      return { ...done, ...started(task, event.startedAt), decidedBy: event.attempt };
    case 'task-caught':
      return { ...done, failure: event.failure, caught: true, decidedBy: event.attempt };
    case 'task-reused':
      return { ...done, originRun: event.originRun };
  }
}

function afterFailed(task: TaskRecord, event: EventOf<'attempt-failed'>): TaskRecord {
  const { failure, ofCopies } = event;
  if (ofCopies === 'first') return task;
  if (isDecided(task.status) || !(ofCopies === 'last' || isCurrent(task, event))) return { ...task, failure };
  const seen = { ...task, ...(event.startedAt === undefined ? {} : started(task, event.startedAt)), failure };
  if (event.retryAt !== undefined) return { ...seen, status: 'waiting-retry' };
  const status = failure.reason === 'cancelled' ? 'cancelled' : 'failed';
  return { ...seen, status, decidedBy: event.attempt, endedAt: event.at };
}

/** What the end of the run makes of a task that is still open: nobody will finish it. */
export function endOpenTask(task: TaskRecord, at: number): TaskRecord {
  return isDecided(task.status) ? task : { ...task, status: 'cancelled', endedAt: at };
}
