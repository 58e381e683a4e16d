/**
 * The static graph of a flow: plain JSON data, stored with each run. Built and checked by `graph/build-graph.ts`.
 */

/** Where a step goes on to. `over` and `by` are source text, for messages and drawings. */
export type Transition =
  | { readonly kind: 'end' }
  | { readonly kind: 'linear'; readonly to: string }
  | { readonly kind: 'branch'; readonly to: readonly string[]; readonly join: string }
  | { readonly kind: 'foreach'; readonly to: string; readonly over: string; readonly join: string }
  | { readonly kind: 'switch'; readonly cases: Readonly<Record<string, string>>; readonly by: string };

/** What the step's parameter means. */
export type Takes = 'nothing' | 'item' | 'inputs';

/** An artifact that a step's source assigns. `always`: on every way through the step, so that a later read may count on it. */
export interface Assignment {
  readonly name: string;
  readonly always: boolean;
}

/** 1-based place in the user's file; filled in by whoever has the source map. */
export interface GraphPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface GraphStep {
  readonly name: string;
  readonly takes: Takes;
  readonly next: Transition;
  /** The splits around this step, outermost first: names of split steps. A join stands outside the split that it closes. */
  readonly splits: readonly string[];
  /** A join only: the split step that it closes. */
  readonly closes?: string;
  /** A number for each loop of the graph (strongly connected component); steps of one loop share it; absent outside loops. */
  readonly loop?: number;
  readonly assigns: readonly Assignment[];
  /** Artifacts that the source mentions: fetched before the step starts. */
  readonly reads: readonly string[];
  /** Those that the source reads as something that may be unset: `this.found?.name`, `this.round ?? 0`. Absent when there are none. */
  readonly guards?: readonly string[];
  readonly place?: GraphPlace;
}

export interface FlowGraph {
  readonly version: 1;
  readonly flow: string;
  /** In the order of the class. */
  readonly steps: readonly GraphStep[];
}

/** The step of a graph by name; the graph is known to have it. */
export function graphStep(graph: FlowGraph, name: string): GraphStep {
  const found = graph.steps.find((step) => step.name === name);
  if (found === undefined) throw new TypeError(`no step '${name}' in the graph of '${graph.flow}'`);
  return found;
}
