/** Which tasks come right before and right after a task, as the graph has it. Pure: addresses only, nothing is read. */
import type { TaskAddress } from '../datastore/keys.ts';
import { type FlowGraph, type GraphStep, graphStep, type Transition } from '../graph/graph.ts';
import type { EventOutcome } from '../metadata/events.ts';

/** A place where neighbours of a task may be. */
export interface Neighbour {
  readonly step: string;
  readonly path: readonly number[];
  /** All items of a foreach whose paths begin with `path`, instead of the one task. */
  readonly each: boolean;
  /** `last`: the last time round its loop. */
  readonly iteration: number | 'last';
}

/** Steps that a transition can go to. */
function targetsOf(next: Transition): readonly string[] {
  switch (next.kind) {
    case 'end':
      return [];
    case 'linear':
    case 'foreach':
      return [next.to];
    case 'branch':
      return next.to;
    case 'switch':
      return [...new Set(Object.values(next.cases))];
  }
}

/** Places of the tasks that handed over to this one. */
export function neighboursBefore(graph: FlowGraph, task: TaskAddress): readonly Neighbour[] {
  const step = graphStep(graph, task.step);
  const rank = rankSteps(graph);
  return graph.steps.flatMap((from) => {
    if (!targetsOf(from.next).includes(step.name)) return [];
    const iteration = iterationBefore({ from, to: step, rank }, task.iteration);
    return iteration === undefined ? [] : [{ step: from.name, iteration, ...pathBefore(graph, from, task) }];
  });
}

function pathBefore(graph: FlowGraph, from: GraphStep, task: TaskAddress): Pick<Neighbour, 'path' | 'each'> {
  if (from.next.kind === 'foreach') return { path: task.path.slice(0, -1), each: false };
  const { closes } = graphStep(graph, task.step);
  const each = closes !== undefined && graphStep(graph, closes).next.kind === 'foreach';
  return { path: task.path, each };
}

interface Edge {
  readonly from: GraphStep;
  readonly to: GraphStep;
  readonly rank: ReadonlyMap<string, number>;
}

function inOneLoop({ from, to }: Edge): boolean {
  return from.loop !== undefined && from.loop === to.loop;
}

/** An edge that goes back to a step which was visited before: the next time round. */
function goesBack({ from, to, rank }: Edge): boolean {
  return (rank.get(to.name) ?? 0) <= (rank.get(from.name) ?? 0);
}

function iterationBefore(edge: Edge, iteration: number): number | 'last' | undefined {
  if (inOneLoop(edge)) {
    const before = goesBack(edge) ? iteration - 1 : iteration;
    return before < 0 ? undefined : before;
  }
  // Into a loop, or along no loop, the way leads to the first time round only.
  if (iteration > 0) return undefined;
  return edge.from.loop === undefined ? 0 : 'last';
}

/** Places of the tasks that this one handed over to. */
export function neighboursAfter(
  graph: FlowGraph,
  task: TaskAddress,
  outcome: EventOutcome,
): readonly Neighbour[] {
  const from = graphStep(graph, task.step);
  const rank = rankSteps(graph);
  return targetsAfter(from.next, outcome).map((name) => {
    const to = graphStep(graph, name);
    const edge = { from, to, rank };
    const iteration = inOneLoop(edge) ? task.iteration + (goesBack(edge) ? 1 : 0) : 0;
    return { step: name, iteration, ...pathAfter(graph, from, to, task) };
  });
}

function targetsAfter(next: Transition, outcome: EventOutcome): readonly string[] {
  if (next.kind !== 'switch') return targetsOf(next);
  const chosen = outcome.kind === 'switch' ? next.cases[outcome.choice] : undefined;
  return chosen === undefined ? [] : [chosen];
}

function pathAfter(
  graph: FlowGraph,
  from: GraphStep,
  to: GraphStep,
  task: TaskAddress,
): Pick<Neighbour, 'path' | 'each'> {
  if (from.next.kind === 'foreach') return { path: task.path, each: true };
  const closes = to.closes === undefined ? undefined : graphStep(graph, to.closes);
  return { path: closes?.next.kind === 'foreach' ? task.path.slice(0, -1) : task.path, each: false };
}

/** The order in which steps are first reached from `start`: reverse postorder of a depth-first walk. */
function rankSteps(graph: FlowGraph): ReadonlyMap<string, number> {
  const done: string[] = [];
  const seen = new Set<string>();
  const path: { readonly name: string; readonly left: string[] }[] = [];
  const enter = (name: string): void => {
    seen.add(name);
    path.push({ name, left: [...targetsOf(graphStep(graph, name).next)] });
  };
  enter('start');
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.left.shift();
    if (next === undefined) done.push(path.pop()?.name ?? '');
    else if (!seen.has(next)) enter(next);
  }
  return new Map(done.toReversed().map((name, rank) => [name, rank]));
}

/** The innermost foreach around a task: its split task and the item's number; `undefined` outside any. */
export function itemOf(
  graph: FlowGraph,
  task: TaskAddress,
): { readonly split: TaskAddress; readonly index: number } | undefined {
  const index = task.path.at(-1);
  const step = graphStep(graph, task.step);
  const split = step.splits
    .map((name) => graphStep(graph, name))
    .findLast(({ next }) => next.kind === 'foreach');
  if (index === undefined || split === undefined) return undefined;
  const iteration = split.loop !== undefined && split.loop === step.loop ? task.iteration : 0;
  return { split: { step: split.name, path: task.path.slice(0, -1), iteration }, index };
}
