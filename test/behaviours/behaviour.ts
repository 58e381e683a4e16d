/** Something that must hold on every graph shape: code for the steps, and what to look at from outside afterwards. */
import type { Leat } from '../cli/leat.ts';
import type { Shape, ShapeStep } from './shape.ts';

export interface Scene {
  readonly leat: Leat;
  readonly shape: Shape;
  /** The flow file, written. */
  readonly file: string;
}

export interface Behaviour {
  readonly name: string;
  /** Shapes that it has no meaning for are left out, with the reason in the behaviour's file. */
  appliesTo?(shape: Shape): boolean;
  /** Module-level code of the flow file. */
  readonly prelude?: string;
  /** Fields of the class. */
  readonly fields?: string;
  decorators?(step: ShapeStep, shape: Shape): string[];
  /** Statements of a step, before its `this.next(…)`. */
  body(step: ShapeStep, shape: Shape): string;
  /** Runs the flow through the command line and checks what can be seen from there. */
  check(scene: Scene): Promise<void>;
}
