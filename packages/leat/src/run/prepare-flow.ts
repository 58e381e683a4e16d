/**
 * Flow file → all that is known before a run exists: code package, class, description, checked graph, plan. What is wrong
 * with a flow is refused here, with the user's own place; nothing has been written but the cache.
 */
import { hash } from 'node:crypto';

import { layerNames } from '../compute/registry.ts';
import type { FlowDescription } from '../flow/description.ts';
import { describeFlow } from '../flow/describe-flow.ts';
import { languageNames, provideLanguage } from '../flow/provide-language.ts';
import { checkedGraph } from '../graph/checked-graph.ts';
import type { FlowGraph } from '../graph/graph.ts';
import { buildPackage } from '../package/build-package.ts';
import type { CodePackage } from '../package/code-package.ts';
import { loadFlow } from '../package/load-flow.ts';
import { Locator } from '../package/locator.ts';
import { makePlan } from '../plan/make-plan.ts';
import { parseWith } from '../plan/parse-with.ts';
import type { RunPlan } from '../plan/plan.ts';
import type { Home } from '../home/home.ts';
import { layerDefaults } from '../home/profile-defaults.ts';

export interface PrepareOptions {
  /** The flow file. */
  readonly file: string;
  readonly home: Home;
  /** As on the command line: `batch:memory=10000`. */
  readonly with?: readonly string[];
}

export interface PreparedFlow {
  readonly built: CodePackage;
  readonly description: FlowDescription;
  readonly graph: FlowGraph;
  readonly plan: RunPlan;
}

/** @throws FLOW_LOAD, FLOW_INVALID, GRAPH_INVALID, OPTION_INVALID, LAYER_UNKNOWN. */
export async function prepareFlow({ file, home, with: added = [] }: PrepareOptions): Promise<PreparedFlow> {
  const specs = added.map(parseWith);
  const built = await buildPackage({
    file,
    cacheDir: home.cache,
    language: languageNames,
  });
  provideLanguage();
  const description = describeFlow(await loadFlow(built));
  const graph = graphOf(description, built);
  const plan = makePlan({
    graph,
    description,
    with: specs,
    package: built.hash,
    layers: layerNames,
    layerDefaults: layerDefaults(home.profile),
    hash: (text) => hash('sha256', text),
  });
  return { built, description, graph, plan };
}

function graphOf(description: FlowDescription, built: CodePackage): FlowGraph {
  const locator = new Locator(built);
  const sources = new Map(description.steps.map((step) => [step.name, step.source]));
  return checkedGraph(description, (step, offset) => {
    const source = sources.get(step);
    return source === undefined ? undefined : locator.method(source, offset, description.name);
  });
}
