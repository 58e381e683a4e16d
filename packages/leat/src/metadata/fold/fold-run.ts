import type { RunEvent, RunStatus } from '../events.ts';

/** The part of a run that events decide. */
export interface RunState {
  readonly status: RunStatus;
  readonly endedAt?: number;
}

/** What an event makes of the run. */
export function foldRun(run: RunState, event: RunEvent): RunState {
  if (event.type === 'run-ended') return { status: event.status, endedAt: event.at };
  return event.type === 'engine-started' ? { status: 'running' } : run;
}
