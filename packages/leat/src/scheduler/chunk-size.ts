import { placesFor } from './places.ts';
import { countOf, type SchedulerState } from './state.ts';
import { nodeOf, type StepId } from './step-table.ts';

/** Work that is worth a process, in milliseconds: it makes the start of one a small part, and what a death takes little. */
const worthwhileMs = 2000;

/** However short its tasks are, a chunk is not larger: its request, and what is in flight, stay small. */
const largest = 4096;

/** Each chunk trusts what was measured so far this far: the first tasks may have been the short ones. */
const trust = 4;

/** Where no limit says how many run at once. */
const unlimitedPlaces = 1000;

/**
 * How many tasks of a step the next job takes at most; 1: each has a process of its own. What `chunk` says; with `isolation: 'reuse'`
 * as many as are about two seconds of work, as far as the log tells, and at the end no more than each place's share of what is left,
 * so that no place waits long for another.
 */
export function chunkSize(state: SchedulerState, step: StepId): number {
  const { plan } = nodeOf(state.table, step);
  if (plan.chunk !== undefined) return plan.chunk;
  if (plan.isolation !== 'reuse') return 1;
  const { tasks, ms } = state.pace[step] ?? { tasks: 0, ms: 0 };
  const worthwhile = ms === 0 ? largest : (worthwhileMs * tasks) / ms;
  const share = Math.ceil(countOf(state, step).waiting / Math.min(placesFor(state, step), unlimitedPlaces));
  return Math.max(1, Math.floor(Math.min(largest, trust * tasks, worthwhile, share)));
}
