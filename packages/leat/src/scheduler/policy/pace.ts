import { countDuration } from '../state/durations.ts';
import type { SchedulerState } from '../state/state.ts';
import type { StepId } from '../state/step-table.ts';

/** Counts tasks of a step that succeeded, and how long they took together, in milliseconds. */
export function notePace(state: SchedulerState, step: StepId, tasks: number, ms: number): void {
  const pace = state.pace[step];
  if (pace === undefined) return;
  pace.tasks += tasks;
  pace.ms += Math.max(0, ms);
}

/** Counts a task that ran alone and succeeded. */
export function noteDuration(state: SchedulerState, step: StepId, ms: number): void {
  notePace(state, step, 1, ms);
  const pace = state.pace[step];
  if (pace !== undefined) countDuration(pace.durations, ms);
}
