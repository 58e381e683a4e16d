/**
 * Second copies of attempts that take far longer than their step's others: a slow machine shall not keep a whole run waiting. The
 * first of the two to succeed decides its task, and the other one is ended. Copies take only places that nothing else waits for,
 * and few of those.
 */
import type { RunEvent } from '../../metadata/events.ts';
import type { Command } from '../commands.ts';
import { durationCount, medianDuration } from '../state/durations.ts';
import { commandSubmit } from './issue.ts';
import { changePlaces, hasRoom } from './places.ts';
import { countOf, type SchedulerState, type Task } from '../state/state.ts';
import { nodeOf, type StepId } from '../state/step-table.ts';

/** Finished tasks of a step that tell how long its tasks take. */
const enough = 5;

/** An attempt is a straggler after so many medians, and never before so many milliseconds: a start takes its time, too. */
const medians = 2;
const floorMs = 5000;

/** Of all places taken, copies take one in so many, and at least one. */
const oneIn = 20;

/** Stragglers that are looked at after each event, at most: the others have time. */
const looks = 16;

/** Whether second copies of a step's attempts may be started: side effects may be not. */
function mayCopy({ limits, table }: SchedulerState, step: StepId): boolean {
  return limits.speculate === true && nodeOf(table, step).plan.retry.protected !== true;
}

/** Milliseconds after which an attempt of a step is a straggler; `undefined` as long as too few have finished. */
function patienceOf(state: SchedulerState, step: StepId): number | undefined {
  const durations = state.pace[step]?.durations ?? [];
  if (durationCount(durations) < enough) return undefined;
  return Math.max(floorMs, medians * medianDuration(durations));
}

/** An attempt that may still turn out to be a straggler: it runs alone, and no copy of it was started. */
export const isWatched = (state: SchedulerState, task: Task): boolean =>
  task.phase === 'submitted' &&
  task.state === 'running' &&
  task.chunk === undefined &&
  task.last === task.attempt &&
  state.ending === undefined &&
  mayCopy(state, task.step);

/** An attempt was seen running: asks for a look at it when it would be a straggler. */
export function watch(state: SchedulerState, task: Task, out: Command[]): void {
  if (!isWatched(state, task) || state.stragglers.has(task.address)) return;
  const patience = patienceOf(state, task.step);
  if (patience !== undefined) commandWatch(task, (task.startedAt ?? 0) + patience, out);
}

/** As soon as it is known how long a step's tasks take, those that run are watched, too. */
export function watchAll(state: SchedulerState, step: StepId, out: Command[]): void {
  if (!mayCopy(state, step) || durationCount(state.pace[step]?.durations ?? []) !== enough) return;
  for (const task of state.active.values()) if (task.step === step) watch(state, task, out);
}

function commandWatch(task: Task, at: number, out: Command[]): void {
  out.push({ type: 'watch', task: task.address, attempt: task.attempt, at });
}

/** It is time for a look. What its step's others took may have grown meanwhile. */
export function onStragglerDue(
  state: SchedulerState,
  task: Task,
  event: Extract<RunEvent, { type: 'straggler-due' }>,
  out: Command[],
): void {
  const dueAt = (task.startedAt ?? event.at) + (patienceOf(state, task.step) ?? floorMs);
  if (event.at < dueAt) commandWatch(task, dueAt, out);
  else state.stragglers.add(task.address);
}

/** Starts copies of stragglers where nothing else could start. To be called when all that is ready has been dispatched. */
export function startCopies(state: SchedulerState, out: Command[]): void {
  if (state.stragglers.size === 0 || state.ending !== undefined || state.reachedEnd) return;
  let looked = 0;
  for (const address of state.stragglers) {
    const { maxWorkers = Infinity } = state.limits;
    if (state.inFlight >= maxWorkers || state.copies >= Math.max(1, Math.floor(state.inFlight / oneIn)))
      return;
    if ((looked += 1) > looks) return;
    const task = state.active.get(address);
    if (task === undefined || !isWatched(state, task)) state.stragglers.delete(address);
    else if (hasRoom(state, task.step)) startCopy(state, task, out);
  }
}

function startCopy(state: SchedulerState, task: Task, out: Command[]): void {
  task.last += 1;
  task.copy = {
    attempt: task.last,
    submitted: false,
    state: undefined,
    job: undefined,
    startedAt: undefined,
  };
  state.stragglers.delete(task.address);
  state.copies += 1;
  countOf(state, task.step).inFlight += 1;
  changePlaces(state, task.step, 1);
  commandSubmit(state, task, out, task.last);
}

/** One of two copies is over; the other one is the task's attempt in flight from here on. */
export function keepOther(state: SchedulerState, task: Task, over: number): void {
  const { copy } = task;
  if (copy === undefined) return;
  const isRunning = (over === copy.attempt ? copy.state : task.state) === 'running';
  const count = countOf(state, task.step);
  count.inFlight -= 1;
  if (isRunning) count.running -= 1;
  changePlaces(state, task.step, -1);
  state.copies -= 1;
  task.copy = undefined;
  if (over === copy.attempt) return;
  task.attempt = copy.attempt;
  task.phase = copy.submitted ? 'submitted' : 'issued';
  task.state = copy.state;
  task.job = copy.job;
  task.startedAt = copy.startedAt;
}

/** The `cancel-attempt` of a task that another copy has decided. */
export function commandCancel(state: SchedulerState, task: Task, out: Command[]): void {
  const { layer } = nodeOf(state.table, task.step).plan;
  out.push({ type: 'cancel-attempt', task: task.address, attempt: task.attempt, layer });
}
