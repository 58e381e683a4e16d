import type { FlowGraph, GraphStep } from './graph.ts';

/** An arrow of a finished graph, as drawings show it. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** `foreach this.items`, or the name of a case. */
  readonly label?: string;
}

/** The arrows that leave a step, in the order of its source. */
export function arrowsFrom({ name, next }: GraphStep): readonly Arrow[] {
  switch (next.kind) {
    case 'end':
      return [];
    case 'linear':
      return [{ from: name, to: next.to }];
    case 'branch':
      return next.to.map((to) => ({ from: name, to }));
    case 'foreach':
      return [{ from: name, to: next.to, label: `foreach ${next.over}` }];
    case 'switch':
      return Object.entries(next.cases).map(([label, to]) => ({ from: name, to, label }));
  }
}

/** What a step is in a drawing. */
export type StepRole = 'start' | 'end' | 'join' | 'switch' | 'item' | 'plain';

/** The role that decides a step's shape; `item` is the first step of a foreach. */
export function roleOf(graph: FlowGraph, { name, takes, next }: GraphStep): StepRole {
  if (name === 'start' || name === 'end') return name;
  if (takes === 'inputs') return 'join';
  if (next.kind === 'switch') return 'switch';
  return graph.steps.some((step) => step.next.kind === 'foreach' && step.next.to === name) ? 'item' : 'plain';
}
