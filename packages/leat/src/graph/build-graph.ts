/**
 * Flow description → static graph, with every mistake that can be seen before a run. Pure: it reads the methods'
 * sources, runs nothing and touches no file; places in the user's files come from the caller's `locate`.
 *
 * next: `plan/make-plan.ts`
 */
import type { FlowDescription, StepDescription } from '../flow/description.ts';
import { checkNames, isReserved } from './check-names.ts';
import { checkCaughtSwitches } from './check-caught-switches.ts';
import { checkIsolation } from './check-isolation.ts';
import { checkWays } from './check-ways.ts';
import { connect, type Edges } from './edges.ts';
import type { FlowGraph, GraphStep, Transition } from './graph.ts';
import { numberLoops } from './loops.ts';
import type { GraphProblem, LocateSource } from './problem.ts';
import { readStep, type StepReading } from './read-step.ts';
import { type SplitFacts, walkSplits } from './walk-splits.ts';

/** What {@link buildGraph} gives. The graph can be trusted only when there are no problems. */
export interface BuiltGraph {
  readonly graph: FlowGraph;
  /** In the order of the class. */
  readonly problems: readonly GraphProblem[];
}

/** Builds the graph of a flow and finds all that is wrong with it. Throws nothing. */
export function buildGraph(description: FlowDescription, locate?: LocateSource): BuiltGraph {
  const { name, steps, parameters, helpers } = description;
  const readings = steps.map(readStep);
  const names = {
    steps: steps.map((step) => step.name),
    helpers,
    parameters: parameters.map((each) => each.name),
  };
  const edges = connect(readings, names);
  const isComplete =
    edges.problems.length === 0 &&
    readings.every(({ name: step, next }) => step === 'end' || next !== undefined);
  const ways = checkWays(readings, edges, isComplete);
  // In a circle without end the splits around a step are not defined.
  const circular = ways.some(({ kind }) => kind === 'cycle' || kind === 'start-has-parents');
  const splits = walkSplits(readings, edges, isComplete && !circular);
  const problems = [
    ...readings.flatMap((reading) => reading.problems),
    ...edges.problems,
    ...checkNames(description, readings),
    ...checkCaughtSwitches(steps, readings),
    ...ways,
    ...(circular ? [] : splits.problems),
    ...(circular || splits.problems.length > 0 ? [] : checkIsolation(steps, readings, splits)),
  ];
  const graph = assemble(name, steps, { readings, edges, splits, description, ...(locate && { locate }) });
  return { graph, problems: inOrder(problems, names.steps).map((problem) => located(problem, locate)) };
}

interface Parts {
  readonly readings: readonly StepReading[];
  readonly edges: Edges;
  readonly splits: SplitFacts;
  readonly description: FlowDescription;
  readonly locate?: LocateSource;
}

function assemble(flow: string, steps: readonly StepDescription[], parts: Parts): FlowGraph {
  const { readings, edges, splits, locate } = parts;
  const loops = numberLoops(
    steps.map(({ name }) => name),
    edges.all,
  );
  const known = new Set([
    ...steps.map(({ name }) => name),
    ...parts.description.helpers,
    ...parts.description.parameters.map(({ name }) => name),
  ]);
  const isField = (name: string): boolean => !known.has(name) && !isReserved(name);
  const built = readings.map((reading, at): GraphStep => {
    const { name, fields } = reading;
    const closes = splits.closes.get(name);
    const loop = loops.get(name);
    const place = locate?.(name, 0)?.place;
    const guards = fields.guards.filter(isField);
    return {
      name,
      takes: splits.takes.get(name) ?? 'nothing',
      next: transitionOf(reading, edges, splits),
      splits: (splits.frames.get(name) ?? []).map(({ split }) => split),
      ...(closes !== undefined && { closes }),
      ...(loop !== undefined && { loop }),
      assigns: withCaught(fields.assigns, steps[at]?.decorators.catchError?.var).filter((field) =>
        isField(field.name),
      ),
      reads: fields.reads.filter(isField),
      ...(guards.length > 0 && { guards }),
      ...(place && { place }),
    };
  });
  return { version: 1, flow, steps: built };
}

/** The runner sets the field of `@catchError` on success, and the engine on failure. */
function withCaught(assigns: GraphStep['assigns'], field: string | undefined): GraphStep['assigns'] {
  return field === undefined
    ? assigns
    : [...assigns.filter(({ name }) => name !== field), { name: field, always: true }];
}

function transitionOf({ name, next }: StepReading, edges: Edges, { joins }: SplitFacts): Transition {
  const out = edges.from.get(name) ?? [];
  const [first] = out;
  if (next === undefined || first === undefined) return { kind: 'end' };
  const join = joins.get(name)?.[0] ?? '';
  if (next.kind === 'switch') return { kind: 'switch', cases: next.cases, by: next.by };
  if (next.kind === 'foreach') return { kind: 'foreach', to: next.to, over: next.over, join };
  return first.kind === 'branch'
    ? { kind: 'branch', to: out.map(({ to }) => to), join }
    : { kind: 'linear', to: first.to };
}

function inOrder(problems: readonly GraphProblem[], steps: readonly string[]): GraphProblem[] {
  const position = ({ step }: GraphProblem): number => (step === undefined ? -1 : steps.indexOf(step));
  return problems.toSorted((a, b) => position(a) - position(b));
}

function located(problem: GraphProblem, locate: LocateSource | undefined): GraphProblem {
  const found = problem.step === undefined ? undefined : locate?.(problem.step, problem.range?.start ?? 0);
  if (found === undefined) return problem;
  return { ...problem, place: found.place, ...(found.frame !== undefined && { frame: found.frame }) };
}
