/** Flows for the tests of this folder, as plain data. */
import type { FlowDescription, StepDecorators } from '../flow/description.ts';
import type { FlowGraph, GraphStep, Transition } from '../graph/graph.ts';
import { makePlan, type PlanRequest } from './make-plan.ts';
import { parseWith } from './parse-with.ts';
import type { RunPlan } from './plan.ts';

const graphStep = (name: string, next: Transition): GraphStep => ({
  name,
  takes: 'nothing',
  next,
  splits: [],
  assigns: [],
  reads: [],
});

/** `start` → `work` (a switch when `cases` are given) → `end`; `decorators` stand on `work`. */
export function planOf(
  decorators: StepDecorators,
  flags: readonly string[] = [],
  cases?: Readonly<Record<string, string>>,
  layerDefaults: PlanRequest['layerDefaults'] = {},
): RunPlan {
  const next: Transition =
    cases === undefined ? { kind: 'linear', to: 'end' } : { kind: 'switch', cases, by: 'this.kind' };
  const graph: FlowGraph = {
    version: 1,
    flow: 'TestFlow',
    steps: [
      graphStep('start', { kind: 'linear', to: 'work' }),
      graphStep('work', next),
      graphStep('end', { kind: 'end' }),
    ],
  };
  const description: FlowDescription = {
    name: 'TestFlow',
    steps: graph.steps.map(({ name }) => ({
      name,
      source: `${name}() {}`,
      decorators: name === 'work' ? decorators : {},
    })),
    parameters: [],
    helpers: [],
  };
  return makePlan({
    graph,
    description,
    with: flags.map(parseWith),
    package: 'p'.repeat(64),
    layerDefaults,
    layers: ['local', 'container', 'batch', 'kubernetes'],
    hash: (text) => `hash of ${text}`,
  });
}
