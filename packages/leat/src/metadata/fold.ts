/**
 * State = fold of events. What each event does to a task, an attempt, a run and the counts of a step, as pure
 * functions: every metadata store calls these and only stores what they return. No I/O, no clock, no driver here.
 *
 * Events may repeat and come late (a job that was given up and reports after all): a task that has succeeded stays as
 * it is, and an attempt that is not the newest never moves its task's status, except by succeeding first.
 */
import type { EventFailure, RunEvent, RunStatus } from './events.ts';
import type { AttemptRecord, StepCounts, TaskRecord, TaskStatus } from './metadata-store.ts';
import { taskKey } from './task-key.ts';

/** An event about one task. */
export type TaskEvent = Extract<RunEvent, { readonly task: string }>;

/** An event about one attempt of a task. */
export type AttemptEvent = Extract<TaskEvent, { readonly attempt: number }>;

/** What a chunk's event says of one member; those that are no events of an attempt are never in a log. */
export type MemberEvent = AttemptEvent | TurnEvent;

/** Whether the member's turn came. */
type TurnEvent =
  /** The member's process has begun; when its own turn came is told when it has ended. */
  | {
      readonly type: 'member-started';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
    }
  /** Its turn never came: it will be submitted again under the same number. */
  | {
      readonly type: 'member-returned';
      readonly at: number;
      readonly task: string;
      readonly attempt: number;
    };

type EventOf<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

/** The part of a run that events decide. */
export interface RunState {
  readonly status: RunStatus;
  readonly endedAt?: number;
}

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

/** What an event makes of the attempt that it names; `undefined` as long as the attempt was not submitted. */
export function foldAttempt(
  attempt: AttemptRecord | undefined,
  event: MemberEvent,
): AttemptRecord | undefined {
  if (event.type === 'attempt-submitted' && (attempt === undefined || attempt.state === 'returned'))
    return newAttempt(event);
  if (attempt === undefined) return undefined;
  if (event.type === 'attempt-accepted') return { ...attempt, job: event.job };
  if (event.type === 'attempt-succeeded')
    return attempt.state === 'succeeded' ? attempt : succeededBy(attempt, event);
  // The first ending of an attempt stands, but for a success that was reported late.
  return attempt.endedAt === undefined ? foldOpenAttempt(attempt, event) : attempt;
}

function foldOpenAttempt(
  attempt: AttemptRecord,
  event: Exclude<MemberEvent, EventOf<'attempt-accepted' | 'attempt-succeeded'>>,
): AttemptRecord {
  switch (event.type) {
    case 'attempt-state':
      return inState(attempt, event);
    case 'attempt-failed':
      return endedBy(attempt, event.failure, event.at, event.startedAt);
    case 'task-caught':
      return endedBy(attempt, event.failure, event.at);
    case 'member-started':
      return { ...withoutNote(attempt), state: 'running' };
    case 'member-returned':
      return { ...withoutNote(attempt), state: 'returned' };
    case 'attempt-submitted':
    case 'retry-due':
    case 'straggler-due':
      return attempt;
  }
}

function withoutNote({ note: _note, ...rest }: AttemptRecord): Omit<AttemptRecord, 'note'> {
  return rest;
}

function newAttempt(event: EventOf<'attempt-submitted'>): AttemptRecord {
  const { task, attempt, layer, token, at } = event;
  return { task, attempt, layer, token, state: 'submitted', submittedAt: at };
}

function inState(attempt: AttemptRecord, event: EventOf<'attempt-state'>): AttemptRecord {
  return {
    ...withoutNote(attempt),
    state: event.state,
    ...(event.note === undefined ? {} : { note: event.note }),
    ...(event.state === 'running' ? { startedAt: attempt.startedAt ?? event.at } : {}),
  };
}

function succeededBy(attempt: AttemptRecord, event: EventOf<'attempt-succeeded'>): AttemptRecord {
  const { failure: _failure, ...rest } = withoutNote(attempt);
  return { ...rest, state: 'succeeded', startedAt: event.startedAt, endedAt: event.at };
}

function endedBy(
  attempt: AttemptRecord,
  failure: EventFailure,
  at: number,
  startedAt?: number,
): AttemptRecord {
  return {
    ...withoutNote(attempt),
    state: 'failed',
    ...(startedAt === undefined ? {} : { startedAt }),
    endedAt: at,
    failure,
  };
}

/** What the end of the run makes of a task that is still open: nobody will finish it. */
export function endOpenTask(task: TaskRecord, at: number): TaskRecord {
  return isDecided(task.status) ? task : { ...task, status: 'cancelled', endedAt: at };
}

/** The same for its newest attempt. */
export function endOpenAttempt(attempt: AttemptRecord, at: number): AttemptRecord {
  if (attempt.endedAt !== undefined) return attempt;
  const message = 'the run ended before this attempt did';
  return endedBy(attempt, { reason: 'cancelled', type: 'cancelled', message }, at);
}

/** What an event makes of the run. */
export function foldRun(run: RunState, event: RunEvent): RunState {
  if (event.type === 'run-ended') return { status: event.status, endedAt: event.at };
  return event.type === 'engine-started' ? { status: 'running' } : run;
}

/** What a change of a task makes of its step's counts; `before` is `undefined` when the task is new. */
export function foldCounts(
  counts: StepCounts | undefined,
  before: TaskRecord | undefined,
  after: TaskRecord,
): StepCounts {
  const now = foldManyCounts(counts, after.step, {
    tasks: 1,
    from: before?.status,
    to: after.status,
    startedAt: after.startedAt,
    endedAt: after.endedAt,
  });
  return {
    ...now,
    caught: now.caught + Number(after.caught) - Number(before?.caught === true),
    reused: now.reused + wasReused(after) - wasReused(before),
  };
}

/** The same change of many tasks of one step. */
export interface CountChange {
  readonly tasks: number;
  /** Nowhere, when they are new. */
  readonly from: TaskStatus | undefined;
  readonly to: TaskStatus;
  /** They were taken over from another run. */
  readonly reused?: boolean;
  /** The first start and the last end of them. */
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/** What it makes of the step's counts. */
export function foldManyCounts(
  counts: StepCounts | undefined,
  step: string,
  { tasks, from, to, reused = false, startedAt, endedAt }: CountChange,
): StepCounts {
  const now: StepCounts = counts ?? { step, total: 0, byStatus: {}, caught: 0, reused: 0 };
  const first = smaller(now.firstStartedAt, startedAt);
  const last = larger(now.lastEndedAt, endedAt);
  return {
    step: now.step,
    total: now.total + (from === undefined ? tasks : 0),
    byStatus: moved(now.byStatus, { tasks, from, to }),
    caught: now.caught,
    reused: now.reused + (reused ? tasks : 0),
    ...(first === undefined ? {} : { firstStartedAt: first }),
    ...(last === undefined ? {} : { lastEndedAt: last }),
  };
}

function wasReused(task: TaskRecord | undefined): number {
  return Number(task?.originRun !== undefined);
}

type ByStatus = StepCounts['byStatus'];

/** The counts after some tasks left `from` (nowhere, when they are new) for `to`. No status stays with a count of 0. */
function moved(counts: ByStatus, { tasks, from, to }: CountChange): ByStatus {
  if (from === to || tasks === 0) return counts;
  const after = { ...counts, [to]: (counts[to] ?? 0) + tasks };
  if (from === undefined) return after;
  const { [from]: left = 0, ...others } = after;
  return left > tasks ? { ...others, [from]: left - tasks } : others;
}

function smaller(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

function larger(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}
