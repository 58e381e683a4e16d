/**
 * Attempts on their way through a layer. One that runs alone is a job; so is a chunk of them. A job takes a place, and places are
 * what the limits count.
 */
import type { Command } from '../commands.ts';
import { addPlace } from '../state/place-ranges.ts';
import { changePlaces, placeInGroup } from './places.ts';
import { type Chunk, countOf, pathOf, type SchedulerState, type Task } from '../state/state.ts';
import { nodeOf } from '../state/step-table.ts';

/** Starts attempts of one group as one job. */
export function issue(state: SchedulerState, tasks: readonly Task[], out: Command[]): void {
  const [first] = tasks;
  if (first === undefined) return;
  for (const task of tasks) {
    task.phase = 'issued';
    task.state = undefined;
    task.job = undefined;
    task.startedAt = undefined;
    task.last = task.attempt;
  }
  const count = countOf(state, first.step);
  count.waiting -= tasks.length;
  count.inFlight += tasks.length;
  changePlaces(state, first.step, 1);
  if (tasks.length === 1) commandSubmit(state, first, out);
  else commandSubmitChunk(state, makeChunk(state, first, tasks), out);
}

function makeChunk(state: SchedulerState, first: Task, tasks: readonly Task[]): Chunk {
  const places: number[] = [];
  const { step, iteration, attempt } = first;
  const chunk: Chunk = {
    number: (state.chunksIssued += 1),
    step,
    group: { step: nodeOf(state.table, step).name, path: pathOf(first).slice(0, -1), iteration },
    places,
    attempt,
    token: undefined,
    pack: undefined,
    job: undefined,
    startedAt: undefined,
    open: new Map(),
    crowd: undefined,
  };
  for (const task of tasks) {
    const place = placeInGroup(task);
    addPlace(places, place);
    chunk.open.set(place, task);
    task.chunk = chunk;
  }
  return chunk;
}

/** The `submit` of a task that was issued, or of a copy of it. */
export function commandSubmit(
  state: SchedulerState,
  task: Task,
  out: Command[],
  attempt: number = task.attempt,
): void {
  const { layer } = nodeOf(state.table, task.step).plan;
  out.push({ type: 'submit', task: task.address, attempt, layer });
}

/** The `submit-chunk` of a chunk that was issued. */
export function commandSubmitChunk(state: SchedulerState, chunk: Chunk, out: Command[]): void {
  const { group, places, attempt, number } = chunk;
  const { layer } = nodeOf(state.table, chunk.step).plan;
  out.push({ type: 'submit-chunk', group, places, attempt, layer, number });
}

/** An attempt is decided. Its place is free, unless it is a chunk's: that one is free when the job is over. */
export function leaveFlight(state: SchedulerState, task: Task): void {
  const count = countOf(state, task.step);
  count.inFlight -= 1;
  state.stragglers.delete(task.address);
  if (task.chunk !== undefined) {
    leaveChunk(state, task.chunk, task);
    return;
  }
  if (task.state === 'running') count.running -= 1;
  changePlaces(state, task.step, -1);
}

/** A member is decided, or it is to be ready again. */
export function leaveChunk(state: SchedulerState, chunk: Chunk, task: Task): void {
  task.chunk = undefined;
  chunk.open.delete(placeInGroup(task));
  // A chunk counts as one that runs, while there is work in it.
  if (chunk.open.size === 0 && chunk.startedAt !== undefined) countOf(state, chunk.step).running -= 1;
}
