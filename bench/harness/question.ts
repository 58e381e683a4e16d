/**
 * What a file of this folder answers: one question of the design's budgets, as rows of one table. A question runs the
 * sides itself, interleaved; it prints nothing but its progress.
 */
import { disturbed } from './others.ts';

/** How much is measured. All questions share these. */
export interface Settings {
  /** Times that each side runs; figures are medians over them. */
  readonly rounds: number;
  /** Width of Leat's foreach. */
  readonly items: number;
  /** Width of Metaflow's foreach, which takes some 0.3 s an item; 0 leaves Metaflow out everywhere. */
  readonly metaflowItems: number;
  /** Tasks of the run that is resumed. */
  readonly resumeItems: number;
  /** Tasks in flight, on every side. */
  readonly inFlight: number;
  /** Widest split of the question about a foreach item. */
  readonly widestSplit: number;
  /** An empty folder of this session. What is in it is removed at the end, not before: see `harness/work-folder.ts`. */
  readonly folder: string;
  /** Says what is going on, on stderr. */
  readonly say: (text: string) => void;
}

/**
 * `shown`: no budget stands for it; it is there to judge the other rows by. `too busy`: a wall time that is not judged, since others worked on this
 * machine meanwhile.
 */
export type Verdict = 'met' | 'MISSED' | 'too busy' | 'shown';

/** A row of the table. */
export interface Finding {
  readonly what: string;
  /** Leat's figure, with its unit. */
  readonly leat: string;
  /** The floor's or peer's figure, and whose it is. */
  readonly against: string;
  readonly ratio: string;
  readonly budget: string;
  readonly verdict: Verdict;
}

export interface Answer {
  readonly findings: readonly Finding[];
  /** Everything that was measured, for the results file. */
  readonly samples: unknown;
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  readonly answer: (settings: Settings) => Answer | Promise<Answer>;
}

/** `met` or `MISSED`, for what does not depend on time. */
export const verdict = (holds: boolean): Verdict => (holds ? 'met' : 'MISSED');

/** The same for wall times. */
export const wallVerdict = (holds: boolean, samples: Parameters<typeof disturbed>[0]): Verdict =>
  disturbed(samples) ? 'too busy' : verdict(holds);
