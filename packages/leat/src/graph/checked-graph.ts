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
function graphError(flow: string, problems: readonly GraphProblem[]): LeatError {
  const details = { problems: problems.map((problem) => ({ ...problem })) };
  const [only, second] = problems;
  if (only !== undefined && second === undefined) {
    const { message, fix: hint, place, frame } = only;
    return new LeatError('GRAPH_INVALID', `the graph of '${flow}' is refused: ${message}`, {
      hint,
      place,
      frame,
      details,
    });
  }
  const list = problems.map((problem, at) => listed(problem, at + 1));
  const message = `the graph of '${flow}' is refused, it has ${problems.length} problems:\n\n${list.join('\n\n')}`;
  return new LeatError('GRAPH_INVALID', message, { details });
}

function listed({ message, fix, place, frame }: GraphProblem, number: number): string {
  const shown = place === undefined ? [] : [`at ${place.file}:${place.line}:${place.column}`];
  const lines = [message, ...shown, ...(frame === undefined ? [] : frame.trimEnd().split('\n')), fix];
  const indent = ' '.repeat(`${number}. `.length);
  return lines.map((line, at) => (at === 0 ? `${number}. ` : indent) + line).join('\n');
}
