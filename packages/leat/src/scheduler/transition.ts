/**
 * The whole policy of a run: what has happened → what to do. Pure in all that counts: no I/O, no clock (times come in the
 * events), no chance (jitter is a hash), so the fold of a run's log gives the same state on every machine; the state is
 * owned and updated in place (docs/decisions/0001). An event that is late, doubled or of a task that is no longer active
 * changes nothing. Performing a command is `run-loop.ts`'s; this file must never import what could.
 * next: `scheduler/run-loop.ts`
 */
import { LeatError } from '../errors/index.ts';
import type { AttemptState, RunEvent } from '../metadata/events.ts';
import {
  commandCatch,
  commandWake,
  onBeaten,
  onCaught,
  onFailed,
  onRetryDue,
  onReused,
  onSucceeded,
} from './attempt-events.ts';
import type { Command } from './commands.ts';
import { applyToChunk, timelyChunk } from './chunk-events.ts';
import { dispatch } from './dispatch.ts';
import { cancelRun, endIfDone } from './finish.ts';
import { commandSubmit, commandSubmitChunk } from './issue.ts';
import { nextRound } from './loops.ts';
import { commandReuse } from './reuse.ts';
import { onItemsReused, reuseOf } from './reuse-items.ts';
import { commandCancel, isWatched, onStragglerDue, watch } from './speculate.ts';
import { type Copy, countOf, type SchedulerState, type Task } from './state.ts';
import { defect, queueTask, remember } from './tasks.ts';

/**
 * Brings the state up to date and says what follows.
 * @throws LeatError INTERNAL, with the task's past events, for what cannot have happened.
 */
export function transition(state: SchedulerState, event: RunEvent): readonly Command[] {
  const out: Command[] = [];
  if (state.ended !== undefined) return out;
  apply(state, event, out);
  dispatch(state, out);
  endIfDone(state, out);
  return out;
}

function apply(state: SchedulerState, event: RunEvent, out: Command[]): void {
  switch (event.type) {
    case 'engine-started':
      state.limits = event.limits ?? state.limits;
      if (state.started) repeatCommands(state, out);
      else start(state);
      return;
    case 'cancel-requested':
      cancelRun(state, event.force, out);
      return;
    case 'run-ended':
      state.ended = event.status;
      return;
    case 'tasks-reused':
      onItemsReused(state, event);
      return;
    default:
      if ('task' in event) applyToTask(state, event, out);
      else applyToChunk(state, event);
  }
}

type TaskEvent = Extract<RunEvent, { task: string }>;

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

const copyOf = (task: Task, event: AttemptEvent): Copy | undefined =>
  task.copy?.attempt === event.attempt ? task.copy : undefined;

function applyToTask(state: SchedulerState, event: TaskEvent, out: Command[]): void {
  const task = state.active.get(event.task);
  if (task === undefined || !isTimely(state, event)) return;
  remember(task, event);
  switch (event.type) {
    case 'task-reused':
      onReused(state, task, event);
      return;
    case 'task-caught':
      onCaught(state, task, event);
      return;
    case 'retry-due':
      onRetryDue(state, task);
      return;
    case 'straggler-due':
      onStragglerDue(state, task, event, out);
      return;
    default:
      applyToAttempt(state, task, event, out);
  }
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

type AttemptEvent = Exclude<
  TaskEvent,
  { type: 'task-reused' | 'task-caught' | 'retry-due' | 'straggler-due' }
>;

function applyToAttempt(state: SchedulerState, task: Task, event: AttemptEvent, out: Command[]): void {
  const copy = copyOf(task, event);
  switch (event.type) {
    case 'attempt-submitted':
      if (copy !== undefined) copy.submitted = true;
      else task.phase = 'submitted';
      return;
    case 'attempt-accepted':
      (copy ?? task).job = event.job;
      return;
    case 'attempt-state':
      onAttemptState(state, task, event, out);
      return;
    case 'attempt-succeeded':
      countOf(state, task.step).startedAt ??= event.startedAt;
      if (task.phase === 'beaten') onBeaten(state, task);
      else onSucceeded(state, task, event, out);
      return;
    case 'attempt-failed':
      if (task.phase === 'beaten') onBeaten(state, task);
      else onFailed(state, task, event, out);
  }
}

function onAttemptState(
  state: SchedulerState,
  task: Task,
  event: Extract<AttemptEvent, { type: 'attempt-state' }>,
  out: Command[],
): void {
  const attempt = copyOf(task, event) ?? task;
  attempt.state = event.state;
  if (event.state !== 'running') return;
  attempt.startedAt = event.at;
  const count = countOf(state, task.step);
  count.running += 1;
  count.startedAt ??= event.at;
  watch(state, task, out);
}

const order: readonly AttemptState[] = ['submitted', 'queued', 'starting', 'running'];
const rank = (attemptState: AttemptState | undefined): number =>
  attemptState === undefined ? -1 : order.indexOf(attemptState);

function start(state: SchedulerState): void {
  state.started = true;
  const first = state.table.ids.get('start');
  if (first === undefined)
    throw new LeatError('INTERNAL', `the graph of '${state.flow}' has no step 'start'`);
  const nowhere = { step: first, iteration: 0, seen: [] };
  // As if the task before had been on the same step: a `start` within a loop has then been seen once.
  const { seen } = nextRound(state.table, nowhere, first);
  queueTask(
    state,
    { ...nowhere, frame: undefined, place: 0, seen },
    { source: { kind: 'none' }, reusable: true },
  );
}

function repeatSubmit(state: SchedulerState, task: Task, out: Command[]): void {
  const { chunk } = task;
  if (chunk === undefined) commandSubmit(state, task, out);
  else if (chunk.open.values().next().value === task) commandSubmitChunk(state, chunk, out);
}

/** Another engine has taken the run: what was commanded and not answered is commanded again. */
function repeatCommands(state: SchedulerState, out: Command[]): void {
  for (const task of state.active.values()) {
    repeatCommand(state, task, out);
    if (task.copy?.submitted === false) commandSubmit(state, task, out, task.copy.attempt);
  }
  for (const { command } of state.reusingItems.values()) out.push(command);
  if (state.cancelling && state.inFlight > 0) out.push({ type: 'cancel', force: state.forced });
  if (state.endCommanded !== undefined) out.push({ type: 'end', status: state.endCommanded });
}

function repeatCommand(state: SchedulerState, task: Task, out: Command[]): void {
  switch (task.phase) {
    case 'issued':
      repeatSubmit(state, task, out);
      return;
    case 'submitted':
      watch(state, task, out);
      return;
    case 'beaten':
      commandCancel(state, task, out);
      return;
    case 'waiting':
      commandWake(task, out);
      return;
    case 'catching':
      commandCatch(state, task, out);
      return;
    case 'reusing':
      commandReuse(state, task, out);
      return;
    case 'ready':
  }
}
