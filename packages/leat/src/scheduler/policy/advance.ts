import type { EventOutcome } from '../../metadata/events.ts';
import { type Arrival, arrive, openBranch, openForeach } from './frames.ts';
import { nextRound } from './loops.ts';
import type { SchedulerState } from '../state/state.ts';
import { nodeOf, type StepId } from '../state/step-table.ts';
import { queueTask } from './tasks.ts';

/** Goes on from a finished task to what its outcome names. The outcome is known to fit (`fitsOutcome`). */
export function advance(state: SchedulerState, arrival: Arrival, outcome: EventOutcome): void {
  const { next } = nodeOf(state.table, arrival.from.step);
  switch (next.kind) {
    case 'end':
      state.reachedEnd = true;
      return;
    case 'linear':
      enter(state, arrival, next.to);
      return;
    case 'switch':
      if (outcome.kind === 'switch') enter(state, arrival, next.cases.get(outcome.choice) as StepId);
      return;
    case 'branch':
      openBranch(state, arrival, next);
      return;
    case 'foreach':
      if (outcome.kind === 'foreach') openForeach(state, arrival, next, outcome.items);
  }
}

function enter(state: SchedulerState, arrival: Arrival, to: StepId): void {
  if (nodeOf(state.table, to).closes !== undefined) {
    arrive(state, arrival, to);
    return;
  }
  const { frame, place } = arrival.from;
  const position = { step: to, frame, place, ...nextRound(state.table, arrival.from, to) };
  queueTask(state, position, {
    source: { kind: 'task', finished: arrival.finished },
    reusable: arrival.reused,
  });
}
