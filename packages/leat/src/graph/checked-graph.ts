import { LeatError } from '../errors/index.ts';
import type { FlowDescription } from '../flow/description.ts';
import { buildGraph } from './build-graph.ts';
import type { FlowGraph } from './graph.ts';
import type { GraphProblem, LocateSource } from './problem.ts';

/**
 * Builds the graph of a flow, or refuses it.
 *
 * @param locate finds the place in the user's file, so that messages have `file:line` and a code frame
 * @throws LeatError GRAPH_INVALID that lists every problem with its fix; `details.problems` has them as data
 */
export function checkedGraph(description: FlowDescription, locate?: LocateSource): FlowGraph {
  const { graph, problems } = buildGraph(description, locate);
  if (problems.length > 0) throw graphError(description.name, problems);
  return graph;
}

/** The one error for all problems of a graph. */
export function graphError(flow: string, problems: readonly GraphProblem[]): LeatError {
  const [first] = problems;
  const facts = {
    place: first?.place,
    frame: first?.frame,
    details: { problems: problems.map((problem) => ({ ...problem })) },
  };
  if (first !== undefined && problems.length === 1) {
    return new LeatError('GRAPH_INVALID', `the graph of '${flow}' is refused: ${first.message}`, {
      hint: first.fix,
      ...facts,
    });
  }
  const list = problems.map(({ message, fix, place }, at) => {
    const shown = place === undefined ? '' : `\n     at ${place.file}:${place.line}:${place.column}`;
    return `  ${at + 1}. ${message}${shown}\n     ${fix}`;
  });
  return new LeatError(
    'GRAPH_INVALID',
    `the graph of '${flow}' is refused, it has ${problems.length} problems:\n${list.join('\n')}`,
    facts,
  );
}
