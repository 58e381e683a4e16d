import type { RunEvent } from '../metadata/events.ts';
import { createState } from './create-state.ts';
import type { SchedulerState, StateFacts } from './state.ts';
import { transition } from './transition.ts';

/**
 * The state after a run's events so far: their fold. The commands that come up on the way were performed by the engine that
 * wrote the log, or are commanded again when the next one starts.
 */
export async function recoverState(
  facts: StateFacts,
  events: AsyncIterable<{ readonly event: RunEvent }>,
): Promise<SchedulerState> {
  const state = createState(facts);
  for await (const { event } of events) transition(state, event);
  return state;
}
