/**
 * A graph shape as data, from which a flow file is written once a behaviour has filled the steps. The shapes are those
 * of Metaflow's core test suite.
 */

/** What a step is in its shape; a behaviour chooses by these where its code goes. */
export type Role =
  | 'start'
  | 'end'
  | 'linear'
  | 'branch-split'
  | 'foreach-split'
  | 'switch'
  /** Runs once for each item. */
  | 'foreach-inner'
  | 'join'
  /** Runs again and again: part of a loop. */
  | 'loop';

export interface ShapeStep {
  readonly name: string;
  readonly roles: readonly Role[];
  /** `item` or `inputs`: the step's parameter. */
  readonly takes?: 'item' | 'inputs';
  /** Statements that the shape itself needs, before the behaviour's. */
  readonly prelude?: string;
  /** The `this.next(…)` call; none for `end`. */
  readonly next?: string;
}

export interface Shape {
  readonly name: string;
  /** Declarations of the artifacts that the shape itself uses. */
  readonly fields: string;
  readonly steps: readonly ShapeStep[];
  /** How many tasks of each step a full run has. */
  readonly tasks: Readonly<Record<string, number>>;
}

export const hasRole = (step: ShapeStep, ...roles: readonly Role[]): boolean =>
  roles.some((role) => step.roles.includes(role));
