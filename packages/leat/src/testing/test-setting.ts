import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { saveParameters } from '../datastore/save-parameters.ts';
import type { FlowDescription } from '../flow/description.ts';
import { describeFlow } from '../flow/describe-flow.ts';
import { checkedGraph } from '../graph/checked-graph.ts';
import type { FlowGraph } from '../graph/graph.ts';
import { makePlan } from '../plan/make-plan.ts';
import { parseWith } from '../plan/parse-with.ts';
import type { RunPlan } from '../plan/plan.ts';
import { readParameters } from '../run/parameters/read-parameters.ts';
import type { RunFacts } from '../scheduler/specs/task-spec-of.ts';
import { MemoryDatastore } from './memory-datastore.ts';

/** What a test says of the run around its steps. */
export interface RunOptions {
  /** Values by name; the others have their defaults. They are checked as those of a real run are. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  /** `user:test` unless told. */
  readonly namespace?: string;
  /** `test` unless told. */
  readonly user?: string;
}

/** A flow that is ready to run in this process, with a store of its own. */
export interface TestSetting {
  readonly description: FlowDescription;
  readonly graph: FlowGraph;
  readonly plan: RunPlan;
  readonly store: MemoryDatastore;
  readonly facts: RunFacts;
}

/** The hash of a package that does not exist: the code is here already. */
const noPackage = '0'.repeat(64);

/** @throws FLOW_INVALID, GRAPH_INVALID, OPTION_INVALID, PARAMETER_INVALID as a real run does. */
export async function makeTestSetting(
  flow: unknown,
  {
    parameters = {},
    tags = [],
    namespace = 'user:test',
    user = 'test',
    with: added = [],
  }: RunOptions & { readonly with?: readonly string[] },
): Promise<TestSetting> {
  const description = describeFlow(flow);
  const graph = checkedGraph(description);
  const specs = added.map(parseWith);
  const layers = description.steps.flatMap(({ decorators }) => decorators.layer?.name ?? []);
  const plan = makePlan({
    graph,
    description,
    with: specs,
    package: noPackage,
    // Here all layers are this process.
    layers: ['local', ...layers, ...specs.map(({ name }) => name)],
    hash: (text) => createHash('sha256').update(text).digest('hex'),
  });
  const { values } = await readParameters(description.parameters, { values: parameters, readFile });
  const store = new MemoryDatastore();
  const facts = {
    package: noPackage,
    parameters: saveParameters(store, values),
    tags,
    namespace,
    user,
  };
  return { description, graph, plan, store, facts };
}
