/** What the join makes of the trials: the best family of each country. */
import type { Candidate, Trial } from './trial.ts';

export interface Choice extends Trial {
  readonly best: Candidate;
}

/** The candidate with the lowest cross-validation error; of equals the first, as the families stand from simple to complex. */
export function chooseBest(trial: Trial): Choice {
  return { ...trial, best: trial.candidates.reduce((a, b) => (b.cvError < a.cvError ? b : a)) };
}
