import { type FlowGraph, graphStep, type GraphStep } from '../graph/graph.ts';

/** The steps that lead to a step: to the join of a branch in the order of its branches, else in the order of the class. */
export function arrivingSteps(graph: FlowGraph, step: GraphStep): readonly string[] {
  const arriving = graph.steps
    .filter(({ next }) => targetsOf(next).includes(step.name))
    .map(({ name }) => name);
  const split = step.closes === undefined ? undefined : graphStep(graph, step.closes).next;
  if (split?.kind !== 'branch') return arriving;
  const branches = split.to.map((first) => reachedFrom(graph, first, step.name));
  const branchOf = (name: string): number => branches.findIndex((reached) => reached.has(name));
  return arriving.toSorted((a, b) => branchOf(a) - branchOf(b));
}

/** The steps of a branch, up to its join. */
function reachedFrom(graph: FlowGraph, first: string, join: string): ReadonlySet<string> {
  const reached = new Set([first]);
  // A set gives what is added while it is read.
  for (const name of reached)
    for (const target of targetsOf(graphStep(graph, name).next)) if (target !== join) reached.add(target);
  return reached;
}

function targetsOf(next: GraphStep['next']): readonly string[] {
  if (next.kind === 'end') return [];
  if (next.kind === 'switch') return Object.values(next.cases);
  return next.kind === 'branch' ? next.to : [next.to];
}
