import { type FlowGraph, type GraphStep, graphStep } from './graph.ts';
import { meetingPoints } from './meeting-points.ts';

/**
 * The graph for a terminal: steps below each other in the order in which they run, what is within a split or a case
 * indented.
 *
 * @param notes what stands to the right of a step, such as what it is given and its decorators
 * @returns lines that end in a newline; the graph must be one without problems
 */
export function drawText(graph: FlowGraph, notes: Readonly<Record<string, string>> = {}): string {
  const drawing = new Drawing(graph);
  drawing.sequence('start', undefined, '');
  const { rows } = drawing;
  const noted = rows.filter(({ step }) => step !== undefined && notes[step] !== undefined);
  const width = Math.max(0, ...noted.map(({ text }) => text.length));
  const lines = rows.map(({ text, step }) => {
    const note = step === undefined ? undefined : notes[step];
    return note === undefined ? text : `${text.padEnd(width)}  ${note}`;
  });
  return `${lines.join('\n')}\n`;
}

interface Row {
  readonly text: string;
  /** The step that the row is about. */
  readonly step?: string;
}

const argument = { nothing: '', item: '(item)', inputs: '(inputs)' } as const;

class Drawing {
  readonly #graph: FlowGraph;
  readonly #meets: ReadonlyMap<string, string>;
  readonly #drawn = new Set<string>();
  readonly rows: Row[] = [];

  constructor(graph: FlowGraph) {
    this.#graph = graph;
    this.#meets = meetingPoints(graph);
  }

  /** Draws from a step up to, and without, the step where the ways around meet. */
  sequence(from: string, until: string | undefined, indent: string): void {
    let name: string | undefined = from;
    while (name !== undefined && name !== until) {
      if (this.#drawn.has(name)) {
        this.rows.push({ text: `${indent}↑ ${name}` });
        return;
      }
      this.#drawn.add(name);
      name = this.#step(graphStep(this.#graph, name), indent);
    }
  }

  /** Draws a step and what is between it and the next one on this level, which it returns. */
  #step(step: GraphStep, indent: string): string | undefined {
    const { name, next, takes, closes } = step;
    const facts = [
      ...(closes === undefined ? [] : [`joins ${closes}`]),
      ...(next.kind === 'switch' ? [`by ${next.by}`] : []),
    ];
    const shown = facts.length === 0 ? '' : `  ${facts.join(', ')}`;
    this.rows.push({ text: `${indent}● ${name}${argument[takes]}${shown}`, step: name });
    switch (next.kind) {
      case 'end':
        return undefined;
      case 'linear':
        return next.to;
      case 'branch':
        for (const arm of next.to) this.#arm(arm, next.join, indent);
        return next.join;
      case 'foreach':
        this.rows.push({ text: `${indent}├─ foreach ${next.over}` });
        this.sequence(next.to, next.join, `${indent}│  `);
        return next.join;
      case 'switch': {
        const meet = this.#meets.get(name);
        for (const [key, target] of Object.entries(next.cases)) this.#case(key, { target, meet }, indent);
        return meet;
      }
    }
  }

  #arm(first: string, join: string, indent: string): void {
    const from = this.rows.length;
    this.sequence(first, join, `${indent}│  `);
    const head = this.rows[from];
    if (head !== undefined)
      this.rows[from] = { ...head, text: `${indent}├─ ${head.text.slice(indent.length + 3)}` };
  }

  #case(label: string, { target, meet }: { target: string; meet: string | undefined }, indent: string): void {
    const isBack = this.#drawn.has(target);
    if (isBack || target === meet) {
      this.rows.push({ text: `${indent}├─ ${label} ${isBack ? '↑' : '→'} ${target}` });
      return;
    }
    this.rows.push({ text: `${indent}├─ ${label}` });
    this.sequence(target, meet, `${indent}│  `);
  }
}
