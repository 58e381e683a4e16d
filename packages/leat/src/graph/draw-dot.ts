import { arrowsFrom, roleOf, type StepRole } from './arrows.ts';
import type { FlowGraph } from './graph.ts';

const shapes: Readonly<Record<StepRole, string>> = {
  start: 'shape=oval',
  end: 'shape=oval',
  join: 'shape=hexagon',
  switch: 'shape=diamond',
  item: 'shape=box, peripheries=2',
  plain: 'shape=box',
};

/** The graph in the language of Graphviz: `leat show flow.ts --dot | dot -Tsvg`. */
export function drawDot(graph: FlowGraph): string {
  const nodes = graph.steps.map((step) => `  ${quoted(step.name)} [${shapes[roleOf(graph, step)]}];`);
  const arrows = graph.steps.flatMap(arrowsFrom).map(({ from, to, label }) => {
    return `  ${quoted(from)} -> ${quoted(to)}${label === undefined ? '' : ` [label=${quoted(label)}]`};`;
  });
  return `${[`digraph ${quoted(graph.flow)} {`, '  rankdir=TB;', ...nodes, ...arrows, '}'].join('\n')}\n`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', String.raw`\\`).replaceAll('"', String.raw`\"`)}"`;
}
