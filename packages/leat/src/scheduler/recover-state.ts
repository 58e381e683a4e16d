import { LeatError } from '../errors/index.ts';
import type { RunEvent } from '../metadata/events.ts';
import { createState } from './state/create-state.ts';
import { schedulingPolicy } from './policy/scheduling-policy.ts';
import type { SchedulerState, StateFacts } from './state/state.ts';
import { isTimely } from './policy/timely.ts';
import { transition } from './transition.ts';

/**
 * The state after a run's events so far: their fold. The commands that come up on the way were performed by the engine that
 * wrote the log, or are commanded again when the next one starts.
 *
 * @throws LeatError METADATA_SCHEMA when a version of Leat with another scheduling policy wrote the log; INTERNAL when the log hands
 * over what the fold does not: going on from there would lose tasks, or decide them twice.
 */
export async function recoverState(
  facts: StateFacts,
  events: AsyncIterable<{ readonly event: RunEvent }>,
): Promise<SchedulerState> {
  const state = createState(facts);
  for await (const { event } of events) {
    if (event.type === 'engine-started') requirePolicy(state, event.policy ?? 1);
    else if (event.type === 'attempt-submitted' || event.type === 'chunk-submitted')
      requireIssued(state, event);
    transition(state, event);
  }
  return state;
}

function requirePolicy({ flow, run }: SchedulerState, policy: number): void {
  if (policy === schedulingPolicy) return;
  throw new LeatError(
    'METADATA_SCHEMA',
    `'${flow}/${run}' was driven by a version of Leat with scheduling policy ${policy}, this one has policy ${schedulingPolicy}`,
    {
      hint: `Recover it with the version that wrote it, or start a new run that takes over its results: leat resume ${flow}/${run}`,
      details: { found: policy, expected: schedulingPolicy },
    },
  );
}

/** Every hand-over is logged right behind the event that led to it. */
function requireIssued(
  state: SchedulerState,
  event: Extract<RunEvent, { type: 'attempt-submitted' | 'chunk-submitted' }>,
): void {
  if (state.ended !== undefined || isTimely(state, event)) return;
  const { flow, run } = state;
  throw new LeatError(
    'INTERNAL',
    `the log of '${flow}/${run}' hands over what its other events do not lead to`,
    {
      hint: `A new run takes over its results: leat resume ${flow}/${run}. Please report this with the event:\n${JSON.stringify(event)}`,
      details: { event },
    },
  );
}
