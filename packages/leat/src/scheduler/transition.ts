/**
 * The whole policy of a run: what has happened → what to do. Pure in all that counts: no I/O, no clock (times come in the
 * events), no chance (jitter is a hash), so the fold of a run's log gives the same state on every machine; the state is
 * owned and updated in place (docs/decisions/0001). An event that is late, doubled or of a task that is no longer active
 * changes nothing. Performing a command is `run-loop.ts`'s; this file must never import what could.
 * next: `scheduler/run-loop.ts`
 */
import { LeatError } from '../errors/index.ts';
import type { RunEvent } from '../metadata/events.ts';
import { onBeaten, onCaught, onFailed, onRetryDue, onReused, onSucceeded } from './policy/attempt-events.ts';
import type { Command } from './commands.ts';
import { applyToChunk } from './policy/chunk-events.ts';
import { dispatch } from './policy/dispatch.ts';
import { cancelRun, endIfDone } from './policy/finish.ts';
import { nextRound } from './policy/loops.ts';
import { repeatCommands } from './policy/repeat-commands.ts';
import { onItemsReused } from './policy/reuse-items.ts';
import { onStragglerDue, watch } from './policy/speculate.ts';
import { countOf, type SchedulerState, type Task } from './state/state.ts';
import { queueTask, remember } from './policy/tasks.ts';
import { type AttemptEvent, copyOf, isTimely, type TaskEvent } from './policy/timely.ts';

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
