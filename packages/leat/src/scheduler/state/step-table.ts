import { LeatError } from '../../errors/index.ts';
import type { GraphStep, Transition } from '../../graph/graph.ts';
import { knownArtifacts } from '../../plan/known-artifacts.ts';
import type { RunPlan, StepPlan } from '../../plan/plan.ts';
import type { KnownArtifact } from '../../plan/task-spec.ts';

/** A step's place in {@link StepTable.steps}: states hold numbers, not names. */
export type StepId = number;

/** A transition with ids for names. */
export type CompiledNext =
  | { readonly kind: 'end' }
  | { readonly kind: 'linear'; readonly to: StepId }
  | { readonly kind: 'branch'; readonly to: readonly StepId[]; readonly join: StepId }
  | { readonly kind: 'foreach'; readonly to: StepId; readonly join: StepId }
  | { readonly kind: 'switch'; readonly cases: ReadonlyMap<string, StepId> };

/** All that the scheduler asks about a step. */
export interface StepNode {
  readonly id: StepId;
  readonly name: string;
  readonly graph: GraphStep;
  readonly plan: StepPlan;
  /** Place of its layer in {@link StepTable.layers}. */
  readonly layer: number;
  readonly next: CompiledNext;
  /** What its tasks are told of the flow's artifacts. */
  readonly known: readonly KnownArtifact[];
  /** A join only: the split step that it closes. */
  readonly closes?: StepId;
}

/** The plan, ready for lookups; never changes during a run. */
export interface StepTable {
  readonly steps: readonly StepNode[];
  readonly ids: ReadonlyMap<string, StepId>;
  readonly layers: readonly string[];
}

/**
 * Compiles a plan into a {@link StepTable}.
 * @throws LeatError INTERNAL when the plan names a step that its graph lacks: graphs are checked before they come here.
 */
export function makeStepTable(plan: RunPlan): StepTable {
  const ids = new Map(plan.graph.steps.map((step, id) => [step.name, id]));
  const layers = [...new Set(plan.graph.steps.map((step) => stepPlanOf(plan, step.name).layer))];
  const idOf = (name: string): StepId => {
    const id = ids.get(name);
    if (id === undefined)
      throw new LeatError('INTERNAL', `the graph of '${plan.flow}' names the step '${name}', which it lacks`);
    return id;
  };
  const steps = plan.graph.steps.map((graph, id): StepNode => {
    const own = stepPlanOf(plan, graph.name);
    return {
      id,
      name: graph.name,
      graph,
      plan: own,
      layer: layers.indexOf(own.layer),
      next: compileNext(graph.next, idOf),
      known: knownArtifacts(plan.graph, graph),
      ...(graph.closes === undefined ? {} : { closes: idOf(graph.closes) }),
    };
  });
  return { steps, ids, layers };
}

function stepPlanOf(plan: RunPlan, step: string): StepPlan {
  const found = plan.steps[step];
  if (found === undefined)
    throw new LeatError('INTERNAL', `the plan of '${plan.flow}' has no entry for the step '${step}'`);
  return found;
}

function compileNext(next: Transition, idOf: (name: string) => StepId): CompiledNext {
  switch (next.kind) {
    case 'end':
      return { kind: 'end' };
    case 'linear':
      return { kind: 'linear', to: idOf(next.to) };
    case 'branch':
      return { kind: 'branch', to: next.to.map(idOf), join: idOf(next.join) };
    case 'foreach':
      return { kind: 'foreach', to: idOf(next.to), join: idOf(next.join) };
    case 'switch':
      return {
        kind: 'switch',
        cases: new Map(Object.entries(next.cases).map(([name, step]) => [name, idOf(step)])),
      };
  }
}

/** The node of an id that this table gave out. */
export function nodeOf(table: StepTable, id: StepId): StepNode {
  const node = table.steps[id];
  if (node === undefined) throw new LeatError('INTERNAL', `there is no step number ${id}`);
  return node;
}

/** Steps that a step may go on to; the join of a split is not among them. */
export function targetsOf(node: StepNode): readonly StepId[] {
  switch (node.next.kind) {
    case 'end':
      return [];
    case 'linear':
    case 'foreach':
      return [node.next.to];
    case 'branch':
      return node.next.to;
    case 'switch':
      return [...node.next.cases.values()];
  }
}
