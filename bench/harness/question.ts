/**
 * What a file of this folder answers: one question of the design's budgets, as rows of one table. A question runs the
 * sides itself, interleaved; it prints nothing but its progress.
 */
import { disturbed } from './others.ts';
import type { Settings } from './settings.ts';

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

/** More than a comparison of two figures: all peers, or all sizes. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One line of a chart, or a limit that is drawn as a dashed one. */
export interface Series {
  readonly name: string;
  /** x and y, in the order of x. */
  readonly points: readonly (readonly [number, number])[];
  readonly limit?: true;
}

/** A picture as data. Both axes of lines, and the one of bars, are logarithmic. */
export type Chart = {
  /** Name of its file, without `.svg`. */
  readonly name: string;
  readonly title: string;
  /** What is measured, with its unit. */
  readonly y: string;
} & (
  | { readonly kind: 'lines'; readonly x: string; readonly series: readonly Series[] }
  | { readonly kind: 'bars'; readonly bars: readonly { readonly name: string; readonly value: number }[] }
);

export interface Answer {
  readonly findings: readonly Finding[];
  readonly tables?: readonly Table[];
  readonly charts?: readonly Chart[];
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
