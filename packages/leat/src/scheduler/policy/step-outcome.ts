import type { EventOutcome } from '../../metadata/events.ts';
import type { CompiledNext } from '../state/step-table.ts';

/** Whether a step's transition can be what was decided: for results of older code, and for results of this code. */
export function fitsOutcome(next: CompiledNext, outcome: EventOutcome): boolean {
  if (next.kind !== outcome.kind) return false;
  return next.kind !== 'switch' || (outcome.kind === 'switch' && next.cases.has(outcome.choice));
}

/** What a step's stand-in decides, with nobody to ask: a split goes on with nothing, a switch with the case of `@catchError`. */
export function standInOutcome(next: CompiledNext, choice: string | undefined): EventOutcome {
  switch (next.kind) {
    case 'foreach':
      return { kind: 'foreach', items: { count: 0 } };
    case 'switch':
      return { kind: 'switch', choice: choice ?? '' };
    case 'end':
    case 'linear':
    case 'branch':
      return { kind: next.kind };
  }
}
