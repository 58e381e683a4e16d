import type { SchedulerState } from './state.ts';
import type { StepId } from './step-table.ts';

/** Counts tasks of a step that succeeded, and how long they took together, in milliseconds. */
export function notePace(state: SchedulerState, step: StepId, tasks: number, ms: number): void {
  const pace = state.pace[step];
  if (pace === undefined) return;
  pace.tasks += tasks;
  pace.ms += Math.max(0, ms);
}
