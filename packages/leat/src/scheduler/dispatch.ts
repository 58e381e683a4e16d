import type { Command } from './commands.ts';
import { itemPosition } from './frames.ts';
import { takeItem, takeReady } from './ready-queue.ts';
import { dispatchReuse } from './reuse.ts';
import { countOf, type SchedulerState, type Task } from './state.ts';
import { nodeOf } from './step-table.ts';
import { addTask } from './tasks.ts';

/** Starts what may start: in order of readiness, within the limits. Nothing once the run is ending. */
export function dispatch(state: SchedulerState, out: Command[]): void {
  if (!state.started || state.ending !== undefined || state.reachedEnd) return;
  dispatchReuse(state, out);
  const { maxWorkers = Infinity } = state.limits;
  while (state.inFlight < maxWorkers) {
    const ready = takeReady(state.ready, (layer) => hasRoom(state, layer));
    if (ready === undefined) return;
    if (ready.kind === 'task') {
      issue(state, ready.task, out);
      continue;
    }
    const { frame } = ready;
    const layer = layerOf(state, itemPosition(state, frame, 0));
    const position = itemPosition(state, frame, takeItem(state.ready, layer, frame));
    issue(
      state,
      addTask(state, position, { source: { kind: 'split' }, reusable: false, phase: 'ready' }),
      out,
    );
  }
}

const layerOf = (state: SchedulerState, { step }: Pick<Task, 'step'>): number =>
  nodeOf(state.table, step).layer;

function hasRoom(state: SchedulerState, layer: number): boolean {
  const window = state.limits.windows[state.table.layers[layer] ?? ''];
  return window === undefined || (state.inFlightByLayer[layer] ?? 0) < window;
}

function issue(state: SchedulerState, task: Task, out: Command[]): void {
  task.phase = 'issued';
  task.state = undefined;
  task.job = undefined;
  const layer = layerOf(state, task);
  state.inFlight += 1;
  state.inFlightByLayer[layer] = (state.inFlightByLayer[layer] ?? 0) + 1;
  const count = countOf(state, task.step);
  count.waiting -= 1;
  count.inFlight += 1;
  commandSubmit(state, task, out);
}

/** The `submit` of a task that was issued. */
export function commandSubmit(state: SchedulerState, task: Task, out: Command[]): void {
  const layer = state.table.layers[layerOf(state, task)] ?? '';
  out.push({ type: 'submit', task: task.address, attempt: task.attempt, layer });
}

/** An attempt is decided: its place is free. */
export function leaveFlight(state: SchedulerState, task: Task): void {
  const layer = layerOf(state, task);
  state.inFlight -= 1;
  state.inFlightByLayer[layer] = (state.inFlightByLayer[layer] ?? 0) - 1;
  const count = countOf(state, task.step);
  count.inFlight -= 1;
  if (task.state === 'running') count.running -= 1;
}
