import type { EventFailure, RunEvent } from '../../metadata/events.ts';
import { advance } from './advance.ts';
import type { Command } from '../commands.ts';
import { failRun } from './finish.ts';
import { describeFinished, type FinishedId, internFinished } from '../state/finished.ts';
import { leaveFlight } from './issue.ts';
import { noteDuration, notePace } from './pace.ts';
import { isExpired, payerOf, retryWait } from './retry.ts';
import { commandCancel, keepOther, watchAll } from './speculate.ts';
import { type Chunk, countOf, pathOf, type SchedulerState, type Task } from '../state/state.ts';
import { fitsOutcome, standInOutcome } from './step-outcome.ts';
import { nodeOf } from '../state/step-table.ts';
import { defect, makeReady } from './tasks.ts';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** The attempt has succeeded, as its manifest says. A copy of it that still runs is ended. */
export function onSucceeded(
  state: SchedulerState,
  task: Task,
  event: EventOf<'attempt-succeeded'>,
  out: Command[],
): void {
  const { step, chunk, copy } = task;
  if (chunk === undefined) noteDuration(state, step, event.at - event.startedAt);
  else notePace(state, step, 1, event.at - event.startedAt);
  if (copy === undefined) {
    leaveFlight(state, task);
    state.active.delete(task.address);
  } else {
    keepOther(state, task, event.attempt);
    task.phase = 'beaten';
    commandCancel(state, task, out);
  }
  complete(state, task, event);
  watchAll(state, step, out);
}

/** An attempt whose task a copy of it has decided is over: its place is free. */
export function onBeaten(state: SchedulerState, task: Task): void {
  leaveFlight(state, task);
  state.active.delete(task.address);
}

/** `@catchError` stood in: for all that follows the task has succeeded. */
export function onCaught(state: SchedulerState, task: Task, event: EventOf<'task-caught'>): void {
  state.catching -= 1;
  countOf(state, task.step).caught += 1;
  state.active.delete(task.address);
  complete(state, task, event);
}

/** The origin run's result is this task's result. */
export function onReused(state: SchedulerState, task: Task, event: EventOf<'task-reused'>): void {
  state.reusing -= 1;
  const count = countOf(state, task.step);
  count.waiting -= 1;
  count.reused += 1;
  state.active.delete(task.address);
  complete(state, task, event);
}

function complete(
  state: SchedulerState,
  task: Task,
  event: EventOf<'attempt-succeeded' | 'task-caught' | 'task-reused'>,
): void {
  const { next } = nodeOf(state.table, task.step);
  if (!fitsOutcome(next, event.outcome))
    throw defect(task, `its outcome '${event.outcome.kind}' is not what the graph allows`);
  countOf(state, task.step).succeeded += 1;
  const arrival = {
    from: task,
    finished: finish(state, task, event.manifest),
    reused: event.type === 'task-reused',
  };
  advance(state, arrival, event.outcome);
}

function finish(state: SchedulerState, task: Task, manifest: string): FinishedId {
  const { flow, run } = state;
  const { name: step, id } = nodeOf(state.table, task.step);
  const { iteration, last: attempt } = task;
  const place = { flow, run, step, path: pathOf(task), id, iteration, attempt };
  return internFinished(state.finished, describeFinished(manifest, place));
}

/** What follows from a failed attempt. */
export type AfterFailure =
  | { readonly kind: 'retry'; readonly at: number }
  | { readonly kind: 'catch' }
  /** Out of tries. */
  | { readonly kind: 'fail' }
  /** The run is ending: the tries that are left are not spent. */
  | { readonly kind: 'stop' };

/** Whether a failure befalls all members of a chunk alike: none has begun. They wait together, to go as one job again. */
const isOfAll = ({ reason }: EventFailure): boolean => reason === 'start-failed';

/** The policy in one place: retry while there are tries, then catch, then fail. Changes nothing. */
function afterFailure(state: SchedulerState, task: Task, failure: EventFailure, at: number): AfterFailure {
  const { retry, catchError } = nodeOf(state.table, task.step).plan;
  const { ownFailures, platformFailures, expiredStarts, chunk } = task;
  const name =
    chunk !== undefined && isOfAll(failure)
      ? `chunk ${chunk.number}@${chunk.attempt}`
      : `${task.address}@${task.attempt}`;
  const wait = retryWait(retry, { failure, ownFailures, platformFailures, expiredStarts, name });
  if (state.ending === 'cancelled' || (state.ending === 'failed' && wait !== undefined))
    return { kind: 'stop' };
  if (wait !== undefined) return { kind: 'retry', at: at + wait };
  return { kind: catchError === undefined || failure.reason === 'cancelled' ? 'fail' : 'catch' };
}

/**
 * What the log says of a failure besides the failure itself: whether and when another try is due, so that readers know at once
 * whether the attempt was the last; and what it means where two copies were started. Changes nothing.
 */
export function toldFailure(
  state: SchedulerState,
  event: EventOf<'attempt-failed'>,
  now: number,
): EventOf<'attempt-failed'> {
  const task = state.active.get(event.task);
  if (task === undefined) return event;
  if (task.phase === 'beaten' || task.copy !== undefined) return { ...event, ofCopies: 'first' };
  const after = afterFailure(state, task, event.failure, now);
  return {
    ...event,
    ...(after.kind === 'retry' ? { retryAt: after.at } : {}),
    ...(event.attempt < task.last ? { ofCopies: 'last' } : {}),
  };
}

/** The attempt has failed, for whatever reason. While another copy of it runs, that decides nothing. */
export function onFailed(
  state: SchedulerState,
  task: Task,
  event: EventOf<'attempt-failed'>,
  out: Command[],
): void {
  if (task.copy !== undefined) {
    keepOther(state, task, event.attempt);
    return;
  }
  const after = afterFailure(state, task, event.failure, event.at);
  const { chunk } = task;
  leaveFlight(state, task);
  // From here on the task is past its copies, whichever of them was the last to fail.
  task.attempt = task.last;
  task.failure = event.failure;
  switch (after.kind) {
    case 'retry':
      planRetry(state, task, event.failure);
      // A wait of nothing is over at once: no timer, no event.
      if (after.at <= event.at) onRetryDue(state, task);
      else waitForTry(task, event.retryAt ?? after.at, isOfAll(event.failure) ? chunk : undefined, out);
      return;
    case 'catch':
      task.phase = 'catching';
      state.catching += 1;
      commandCatch(state, task, out);
      return;
    case 'fail':
    case 'stop':
      state.active.delete(task.address);
      if (event.failure.reason === 'cancelled') countOf(state, task.step).cancelled += 1;
      else countOf(state, task.step).failed += 1;
      if (after.kind === 'fail') failRun(state, out);
  }
}

function planRetry(state: SchedulerState, task: Task, failure: EventFailure): void {
  const payer = payerOf(failure, task.expiredStarts);
  if (payer === 'platform') task.platformFailures += 1;
  else if (payer === 'user') task.ownFailures += 1;
  task.expiredStarts = isExpired(failure) ? task.expiredStarts + 1 : 0;
  task.attempt += 1;
  task.phase = 'waiting';
  countOf(state, task.step).retrying += 1;
}

/** Lets a task wait for its next try, by itself or with the other members of its `chunk`; the first of these wakes them all. */
function waitForTry(task: Task, dueAt: number, chunk: Chunk | undefined, out: Command[]): void {
  task.dueAt = dueAt;
  if (chunk !== undefined) {
    task.crowd = chunk.crowd ??= [];
    task.crowd.push(task);
    if (task.crowd.length > 1) return;
  }
  commandWake(task, out);
}

/** The wait before a retry is over, for all that wait together. */
export function onRetryDue(state: SchedulerState, task: Task): void {
  const count = countOf(state, task.step);
  for (const each of task.crowd ?? [task]) {
    if (each.phase !== 'waiting') continue;
    count.retrying -= 1;
    count.waiting += 1;
    makeReady(state, each);
  }
}

/** The `wake` of a task that waits for a retry. */
export function commandWake(task: Task, out: Command[]): void {
  out.push({ type: 'wake', task: task.address, attempt: task.attempt, at: task.dueAt ?? 0 });
}

/** The `catch` of a task that is out of tries. */
export function commandCatch(state: SchedulerState, task: Task, out: Command[]): void {
  const { next, plan } = nodeOf(state.table, task.step);
  const outcome = standInOutcome(next, plan.catchError?.case);
  const { address, attempt, failure } = task;
  if (failure === undefined) throw defect(task, 'there is no failure to catch');
  out.push({ type: 'catch', task: address, attempt, outcome, failure });
}
