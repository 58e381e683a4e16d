import type { Command } from '../commands.ts';
import type { SchedulerState } from '../state/state.ts';

/** A task failed for good: what runs finishes, or is ended too when the run fails fast; nothing new starts. */
export function failRun(state: SchedulerState, out: Command[]): void {
  if (state.ending !== undefined) return;
  state.ending = 'failed';
  if (!state.limits.failFast) return;
  state.cancelling = true;
  if (state.inFlight > 0) out.push({ type: 'cancel', force: false });
}

/** Someone wants the run to end. A run that has failed or succeeded already stays so, but what is in flight is ended as well. */
export function cancelRun(state: SchedulerState, force: boolean, out: Command[]): void {
  if (state.endCommanded !== undefined) return;
  if (!state.reachedEnd) state.ending ??= 'cancelled';
  state.cancelling = true;
  state.forced ||= force;
  if (state.inFlight > 0) out.push({ type: 'cancel', force });
}

/** Commands the end, once, when nothing is in flight that could still change what the run leaves. */
export function endIfDone(state: SchedulerState, out: Command[]): void {
  if (state.endCommanded !== undefined) return;
  const status = endStatus(state);
  if (status === undefined) return;
  state.endCommanded = status;
  out.push({ type: 'end', status });
}

function endStatus(state: SchedulerState): SchedulerState['endCommanded'] {
  // The process of a chunk may outlive its last member by a moment.
  if (state.reachedEnd) return state.inFlight > 0 ? undefined : 'succeeded';
  if (state.ending === undefined) return undefined;
  const reusing = state.reusing > 0 || state.reusingItems.size > 0;
  const busy = state.inFlight > 0 || state.catching > 0 || reusing;
  return busy ? undefined : state.ending;
}
