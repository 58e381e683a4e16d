import type { EventOutcome } from '../metadata/events.ts';

/** What an older run has decided about a task. */
export interface OriginResult {
  /** Key of the manifest; in the folder of the run that wrote it, which may be older than the origin run itself. */
  readonly manifest: string;
  readonly outcome: EventOutcome;
  /** The run whose task this is, for people. */
  readonly run: string;
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
}
