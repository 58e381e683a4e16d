import type { GraphProblem } from './problem.ts';
import type { StepReading } from './read-step.ts';
import { nearestName } from './nearest-name.ts';
import type { WrittenNext } from './read-next.ts';

/** One arrow of the graph. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'linear' | 'branch' | 'foreach' | 'switch';
  /** Which branch of a branch; 0 for the others. */
  readonly branch: number;
}

/** The arrows between the steps that there are. */
export interface Edges {
  readonly all: readonly Edge[];
  readonly from: ReadonlyMap<string, readonly Edge[]>;
  readonly into: ReadonlyMap<string, readonly Edge[]>;
  readonly problems: readonly GraphProblem[];
}

/** Names that a target may have been mistaken for. */
export interface KnownNames {
  readonly steps: readonly string[];
  readonly helpers: readonly string[];
  readonly parameters: readonly string[];
}

/** Looks up the targets of every step; those that do not exist become problems. */
export function connect(readings: readonly StepReading[], names: KnownNames): Edges {
  const problems: GraphProblem[] = [];
  const all: Edge[] = [];
  for (const reading of readings) {
    if (reading.next === undefined) continue;
    for (const edge of edgesOf(reading.name, reading.next)) {
      if (names.steps.includes(edge.to)) all.push(edge);
      else problems.push(unknownTarget(reading, edge.to, names));
    }
  }
  return {
    all,
    from: Map.groupBy(all, ({ from }) => from),
    into: Map.groupBy(all, ({ to }) => to),
    problems,
  };
}

/** The targets of a transition, in its order, each once. */
function targetsOf(next: WrittenNext): readonly string[] {
  if (next.kind === 'foreach') return [next.to];
  return [...new Set(next.kind === 'plain' ? next.to : Object.values(next.cases))];
}

function edgesOf(from: string, next: WrittenNext): Edge[] {
  const targets = targetsOf(next);
  const kind = next.kind === 'plain' ? (targets.length > 1 ? 'branch' : 'linear') : next.kind;
  return targets.map((to, at) => ({ from, to, kind, branch: kind === 'branch' ? at : 0 }));
}

function unknownTarget({ name, nextRange }: StepReading, target: string, names: KnownNames): GraphProblem {
  const shown = { step: name, ...(nextRange && { range: nextRange }) };
  if (names.helpers.includes(target)) {
    return {
      kind: 'helper-as-step',
      ...shown,
      message: `step '${name}' goes on to '${target}', a method that is not a step`,
      fix: `Mark it: @step ${target}() { … }.`,
    };
  }
  const nearest = nearestName(target, names.steps);
  const what = names.parameters.includes(target) ? 'a parameter' : 'which does not exist';
  return {
    kind: 'unknown-step',
    ...shown,
    message: `step '${name}' goes on to '${target}', ${what}`,
    fix: nearest === undefined ? `The steps are ${names.steps.join(', ')}.` : `Did you mean this.${nearest}?`,
  };
}
