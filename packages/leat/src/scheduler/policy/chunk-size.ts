import { placesFor } from './places.ts';
import { countOf, type SchedulerState } from '../state/state.ts';
import { nodeOf, type StepId } from '../state/step-table.ts';

/** Work that is worth a process, in milliseconds: it makes the start of one a small part, and what a death takes little. */
const worthwhileMs = 2000;

/** Less work than this is not split further: it would cost more to start another process than to wait for it. In milliseconds. */
const indivisibleMs = 250;

/** Tasks that take no time that could be measured are taken to be as short as this, in milliseconds. */
const shortestMs = 0.5;

/** However short its tasks are, a chunk is not larger: its request, and what is in flight, stay small. */
const largest = 4096;

/** Each chunk trusts what was measured so far this far: the first tasks may have been the short ones. */
const trust = 4;

/** Where no limit says how many run at once. */
const unlimitedPlaces = 1000;

/**
 * How many tasks of a step the next job takes at most; 1: each has a process of its own. What `chunk` says; with `isolation: 'reuse'`
 * as many as are about two seconds of work, as far as the log tells, and at the end no more than each place's share of what is left,
 * so that no place waits long for another; but no share is worth less than a few starts of a process.
 */
export function chunkSize(state: SchedulerState, step: StepId): number {
  const { plan } = nodeOf(state.table, step);
  if (plan.chunk !== undefined) return plan.chunk;
  if (plan.isolation !== 'reuse') return 1;
  const { tasks, ms } = state.pace[step] ?? { tasks: 0, ms: 0 };
  const taskMs = Math.max(shortestMs, tasks === 0 ? 0 : ms / tasks);
  const share = Math.ceil(countOf(state, step).waiting / Math.min(placesFor(state, step), unlimitedPlaces));
  const part = Math.max(share, indivisibleMs / taskMs);
  return Math.max(1, Math.floor(Math.min(largest, trust * tasks, worthwhileMs / taskMs, part)));
}
