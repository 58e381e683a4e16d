import type { EventOutcome, ReusedResults, TaskGroup } from '../../metadata/events.ts';

/** What an older run has decided about a task. */
export interface OriginResult {
  /** Key of the manifest; in the folder of the run that wrote it, which may be older than the origin run itself. */
  readonly manifest: string;
  readonly outcome: EventOutcome;
  /** The run whose task this is, for people. */
  readonly run: string;
}

/** Neighbouring items of a foreach of which the origin run says the same. */
export interface OriginSpan {
  /** One past the last place. */
  readonly to: number;
  /** What they decided, and the run that did; absent: it has no results of these. */
  readonly decided?: Pick<OriginResult, 'outcome' | 'run'>;
}

/**
 * The results that `resume` may reuse. Immutable while the new run lives: the scheduler asks it and stays a function of the
 * events.
 */
export interface Origin {
  readonly run: string;
  /** Steps of the new graph from which on nothing is reused, all that follow them included. */
  readonly fresh: readonly string[];
  /** By address within the run, `train[3]`. */
  result(task: string): OriginResult | undefined;
  /** The neighbours from `from` on of which it says the same, at most up to `to` (exclusive). */
  span(group: TaskGroup, from: number, to: number): OriginSpan;
  /** Where the results of one span, or of a part of it, are; `undefined` when they are not named alike. */
  results(group: TaskGroup, from: number, to: number): ReusedResults | undefined;
}
