/** What an engine that takes up a run has to command again: all that another one commanded and that was not answered. Pure. */
import { commandCatch, commandWake } from './attempt-events.ts';
import type { Command } from '../commands.ts';
import { commandSubmit, commandSubmitChunk } from './issue.ts';
import { commandReuse } from './reuse.ts';
import { commandCancel, watch } from './speculate.ts';
import type { SchedulerState, Task } from '../state/state.ts';

/** See the file's header. */
export function repeatCommands(state: SchedulerState, out: Command[]): void {
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

function repeatSubmit(state: SchedulerState, task: Task, out: Command[]): void {
  const { chunk } = task;
  if (chunk === undefined) commandSubmit(state, task, out);
  else if (chunk.open.values().next().value === task) commandSubmitChunk(state, chunk, out);
}
