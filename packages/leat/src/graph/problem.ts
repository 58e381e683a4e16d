import type { SourcePlace } from '../errors/index.ts';

/** What can be wrong with a graph. A kind is stable: tests and `check --json` rely on it. */
export type ProblemKind =
  // what a method's source says
  | 'unreadable-source'
  | 'generator-step'
  | 'down-levelled'
  | 'too-many-parameters'
  | 'no-next'
  | 'next-twice'
  | 'next-conditional'
  | 'next-not-last'
  | 'next-unreadable'
  | 'declared-differs'
  | 'gang'
  | 'switch-cases'
  | 'duplicate-target'
  // names
  | 'no-start'
  | 'no-end'
  | 'unknown-step'
  | 'helper-as-step'
  | 'reserved-name'
  | 'bad-name'
  | 'names-differ-by-case'
  | 'artifact-is-step'
  | 'parameter-assigned'
  | 'catch-var'
  | 'catch-case'
  // structure
  | 'start-has-parents'
  | 'start-takes-input'
  | 'end-has-next'
  | 'unreachable'
  | 'no-way-out'
  | 'cycle'
  | 'inputs-without-split'
  | 'item-and-inputs'
  | 'split-into-join'
  | 'split-without-join'
  | 'meet-without-inputs'
  | 'join-depth'
  | 'several-joins'
  | 'several-splits'
  | 'isolation-outside-foreach';

/** Characters of a method's source, as {@link StepDescription.source} has it. */
export interface SourceRange {
  readonly start: number;
  readonly end: number;
}

/** One thing that is wrong, and how to put it right. */
export interface GraphProblem {
  readonly kind: ProblemKind;
  /** The step that the problem is shown at; absent for one of the whole flow. */
  readonly step?: string;
  /** One sentence that names the steps in quotes. */
  readonly message: string;
  /** What to write instead. */
  readonly fix: string;
  /** Where in the source of `step`; absent for the whole of it. */
  readonly range?: SourceRange;
  readonly place?: SourcePlace;
  readonly frame?: string;
}

/**
 * Finds the place in the user's file of a character of a step's source. Given by whoever has the source maps;
 * `undefined` when it cannot be told.
 */
export type LocateSource = (
  step: string,
  sourceOffset: number,
) => { readonly place: SourcePlace; readonly frame?: string | undefined } | undefined;
