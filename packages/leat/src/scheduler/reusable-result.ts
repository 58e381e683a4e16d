import type { OriginResult } from './origin.ts';
import type { SchedulerState } from './state.ts';
import { fitsOutcome } from './step-outcome.ts';
import { nodeOf, type StepId } from './step-table.ts';

/** The origin run's result of a task, if it may be taken: all that came before it was taken, too (asked by the caller). */
export function reusableResult(
  state: SchedulerState,
  step: StepId,
  address: string,
): OriginResult | undefined {
  if (state.origin === undefined || state.fresh.has(step)) return undefined;
  const result = state.origin.result(address);
  if (result === undefined || !fitsOutcome(nodeOf(state.table, step).next, result.outcome)) return undefined;
  return result;
}
