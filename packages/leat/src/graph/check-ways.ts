import type { Edge, Edges } from './edges.ts';
import { numberLoops } from './loops.ts';
import type { GraphProblem } from './problem.ts';
import type { StepReading } from './read-step.ts';

/** Checks `start` and `end`, what can be reached and left, and cycles. */
export function checkWays(
  readings: readonly StepReading[],
  edges: Edges,
  isComplete: boolean,
): GraphProblem[] {
  const names = readings.map(({ name }) => name);
  const ends = checkEnds(readings, edges);
  const reach =
    isComplete && names.includes('start') && names.includes('end') ? checkReach(names, edges) : [];
  return [...ends, ...reach, ...checkCycles(names, edges.all)];
}

function checkEnds(readings: readonly StepReading[], edges: Edges): GraphProblem[] {
  const problems: GraphProblem[] = [];
  const start = readings.find(({ name }) => name === 'start');
  const end = readings.find(({ name }) => name === 'end');
  if (start === undefined) {
    problems.push({
      kind: 'no-start',
      message: "there is no step 'start'",
      fix: 'Name the first step start: @step start() { … }.',
    });
  }
  if (end === undefined) {
    problems.push({
      kind: 'no-end',
      message: "there is no step 'end'",
      fix: 'Name the last step end: @step end() { … }. It needs no this.next(…).',
    });
  }
  const [back] = edges.into.get('start') ?? [];
  if (back !== undefined) {
    const message = `step '${back.from}' goes back to 'start', where a run begins`;
    problems.push({
      kind: 'start-has-parents',
      step: back.from,
      message,
      fix: 'Let start go on to another step, and loop back to that one.',
    });
  }
  if (start?.hasParameter === true) {
    const message = "'start' takes a parameter, but there is nothing before it";
    problems.push({
      kind: 'start-takes-input',
      step: 'start',
      message,
      fix: 'Values from outside are parameters of the flow: alpha = parameter(0.1).',
    });
  }
  return problems;
}

function checkReach(names: readonly string[], edges: Edges): GraphProblem[] {
  const forward = reachable('start', (step) => (edges.from.get(step) ?? []).map(({ to }) => to));
  const backward = reachable('end', (step) => (edges.into.get(step) ?? []).map(({ from }) => from));
  const unreached = names
    .filter((name) => !forward.has(name))
    .map((name): GraphProblem => ({
      kind: 'unreachable',
      step: name,
      message: `no way leads from 'start' to step '${name}'`,
      fix: `Name it in the this.next(…) of the step before it, or remove it.`,
    }));
  const lost = names.filter((name) => forward.has(name) && !backward.has(name));
  const [first] = lost;
  if (first === undefined || !forward.has('end')) return unreached;
  const message = `no way leads to 'end' from ${lost.map((name) => `'${name}'`).join(', ')}`;
  return [
    ...unreached,
    { kind: 'no-way-out', step: first, message, fix: 'Give the loop a case that leaves it.' },
  ];
}

function checkCycles(names: readonly string[], all: readonly Edge[]): GraphProblem[] {
  const fixed = all.filter(({ kind }) => kind !== 'switch');
  const loops = Map.groupBy(numberLoops(names, fixed), ([, number]) => number);
  return [...loops.values()].map((members) => {
    const steps = new Set(members.map(([step]) => step));
    const inOrder = names.filter((name) => steps.has(name));
    return {
      kind: 'cycle',
      step: inOrder[0] as string,
      message: `${inOrder.map((step) => `'${step}'`).join(', ')} form a circle that never ends`,
      fix: 'Go back through a switch, which can leave the loop: this.next({ again: this.a, done: this.b }, { by: this.state }).',
    };
  });
}

function reachable(from: string, next: (step: string) => readonly string[]): ReadonlySet<string> {
  const seen = new Set([from]);
  for (const step of seen) for (const target of next(step)) seen.add(target);
  return seen;
}
