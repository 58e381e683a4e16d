import { arrowsFrom, roleOf, type StepRole } from './arrows.ts';
import type { FlowGraph } from './graph.ts';

const shapes: Readonly<Record<StepRole, readonly [string, string]>> = {
  start: ['([', '])'],
  end: ['([', '])'],
  join: ['{{', '}}'],
  switch: ['{', '}'],
  item: ['[[', ']]'],
  plain: ['[', ']'],
};

/** The graph as a Mermaid flowchart, for Markdown. Joins are hexagons, switches diamonds, the first step of a foreach has double sides. */
export function drawMermaid(graph: FlowGraph): string {
  const nodes = graph.steps.map((step) => {
    const [open, close] = shapes[roleOf(graph, step)];
    return `  ${id(step.name)}${open}${quoted(step.name)}${close}`;
  });
  const arrows = graph.steps.flatMap(arrowsFrom).map(({ from, to, label }) => {
    return `  ${id(from)} -->${label === undefined ? '' : `|${quoted(label)}|`} ${id(to)}`;
  });
  return `${['flowchart TD', ...nodes, ...arrows].join('\n')}\n`;
}

// `end` and other words of the language cannot be identifiers, nor can `$`.
const id = (step: string): string => `step_${step.replaceAll('$', '_S_')}`;

function quoted(text: string): string {
  return `"${text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;')}"`;
}
