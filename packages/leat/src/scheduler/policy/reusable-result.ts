import type { OriginResult } from '../state/origin.ts';
import type { SchedulerState } from '../state/state.ts';
import { fitsOutcome } from './step-outcome.ts';
import { nodeOf, type StepId } from '../state/step-table.ts';

/** The origin run's result of a task, if it may be taken: all that came before it was taken, too (asked by the caller). */
export function reusableResult(
  state: SchedulerState,
  step: StepId,
  address: string,
): OriginResult | undefined {
  if (state.origin === undefined || state.fresh.has(step)) return undefined;
  const result = state.origin.result(address);
  return result !== undefined && mayTake(state, step, result) ? result : undefined;
}

/** Whether what was decided is something that the step may decide today. */
export const mayTake = (
  state: SchedulerState,
  step: StepId,
  { outcome }: Pick<OriginResult, 'outcome'>,
): boolean => fitsOutcome(nodeOf(state.table, step).next, outcome);
