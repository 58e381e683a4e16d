import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FlowDescription } from '../flow/description.ts';
import { buildGraph } from './build-graph.ts';
import type { FlowGraph } from './graph.ts';
import { arbitraryFlow, flowOfShape } from './random-graph.fixture.ts';

/** Without what the sources say of artifacts. */
function structure({ steps, ...graph }: FlowGraph): unknown {
  return { ...graph, steps: steps.map((step) => ({ ...step, assigns: [], reads: [] })) };
}

test('every valid flow is accepted, and its graph is the predicted one', () => {
  fc.assert(
    fc.property(arbitraryFlow(), ({ description, graph }) => {
      const built = buildGraph(description);
      expect(built.problems).toEqual([]);
      expect(structure(built.graph)).toEqual(structure(graph));
    }),
    { numRuns: 500 },
  );
});

test('the generator draws every kind of segment, nested', () => {
  const drawn = fc
    .sample(arbitraryFlow(), { numRuns: 300, seed: 1 })
    .map(({ shape }) => JSON.stringify(shape));
  for (const kind of ['step', 'branch', 'foreach', 'switch', 'loop']) {
    expect(drawn.some((shape) => shape.includes(`"${kind}"`))).toBe(true);
  }
  expect(drawn.some((shape) => /"foreach","body":\[\{"kind":"foreach"/.test(shape))).toBe(true);
});

type Mutation = (
  flow: FlowDescription,
  graph: FlowGraph,
  pick: (count: number) => number,
) => FlowDescription | undefined;

/** Each makes a valid flow invalid, where it can be applied. */
const mutations: Record<string, Mutation> = {
  'a step loses its transition': (flow, { steps }, pick) => {
    const leaving = steps.filter(({ next }) => next.kind !== 'end');
    return withSource(flow, leaving[pick(leaving.length)]?.name, (source) =>
      source.replace(/,?(return |await )?this\.next\((?!this\.nowhere).*\)/, ''),
    );
  },
  'a step is removed': (flow, { steps }, pick) => {
    const name = steps[pick(steps.length)]?.name;
    return { ...flow, steps: flow.steps.filter((step) => step.name !== name) };
  },
  'a join takes no inputs': (flow, { steps }, pick) => {
    const joins = steps.filter(({ closes }) => closes !== undefined);
    return withSource(flow, joins[pick(joins.length)]?.name, (source) => source.replace('(inputs)', '()'));
  },
  'a step outside any foreach takes a parameter': (flow, { steps }, pick) => {
    const targets = new Set(steps.flatMap(({ next }) => (next.kind === 'foreach' ? [next.to] : [])));
    const plain = steps.filter(
      ({ name, takes, splits }) => takes === 'nothing' && splits.length === 0 && !targets.has(name),
    );
    return withSource(flow, plain[pick(plain.length)]?.name, (source) => source.replace('()', '(value)'));
  },
  'a step within a split goes straight to the end': (flow, { steps }, pick) => {
    const inside = steps.filter(({ splits, next }) => splits.length > 0 && next.kind === 'linear');
    return withSource(
      flow,
      inside[pick(inside.length)]?.name,
      (source) => source.replace(/this\.next\(this\.(?!nowhere)\w+\)/, 'this.next(this.end)'),
      ({ name }) => !closesAtEnd(steps, name),
    );
  },
  'a step goes back without a switch': (flow, { steps }, pick) => {
    const linear = steps.filter(({ next, name }) => next.kind === 'linear' && name !== 'start');
    const step = linear[pick(linear.length)];
    return withSource(flow, step?.name, (source) =>
      source.replace(/this\.next\(this\.(?!nowhere)\w+\)/, `this.next(this.${step?.name})`),
    );
  },
  'a foreach goes straight into its join': (flow, { steps }, pick) => {
    const foreaches = steps.filter(({ next }) => next.kind === 'foreach');
    const step = foreaches[pick(foreaches.length)];
    if (step?.next.kind !== 'foreach') return undefined;
    const { to, join } = step.next;
    return withSource(flow, step.name, (source) => source.replace(`this.${to},`, `this.${join},`));
  },
  'a branch goes to the join of another split': (flow, { steps }, pick) => {
    const joins = steps.filter(({ closes }) => closes !== undefined);
    const at = pick(joins.length);
    const [one, other] = [joins[at], joins[(at + 1) % joins.length]];
    if (one === undefined || other === undefined || one === other) return undefined;
    const inner = steps.find(
      ({ next, splits }) => next.kind === 'linear' && next.to === one.name && splits.at(-1) === one.closes,
    );
    return withSource(flow, inner?.name, (source) =>
      source.replace(`this.next(this.${one.name})`, `this.next(this.${other.name})`),
    );
  },
};

function closesAtEnd(steps: FlowGraph['steps'], name: string): boolean {
  const { splits = [] } = steps.find((step) => step.name === name) ?? {};
  return steps.some((step) => step.name === 'end' && step.closes === splits.at(-1));
}

function withSource(
  flow: FlowDescription,
  name: string | undefined,
  change: (source: string) => string,
  applies: (step: FlowDescription['steps'][number]) => boolean = () => true,
): FlowDescription | undefined {
  const step = flow.steps.find((each) => each.name === name);
  if (step === undefined || !applies(step) || change(step.source) === step.source) return undefined;
  return {
    ...flow,
    steps: flow.steps.map((each) => (each === step ? { ...each, source: change(each.source) } : each)),
  };
}

test.each(Object.entries(mutations))('refused: %s', (_, mutate) => {
  let applied = 0;
  fc.assert(
    fc.property(arbitraryFlow(), fc.nat(), ({ description, graph }, seed) => {
      const wrong = mutate(description, graph, (count) => (count === 0 ? 0 : seed % count));
      fc.pre(wrong !== undefined);
      applied += 1;
      expect(buildGraph(wrong).problems).not.toEqual([]);
    }),
    { numRuns: 200 },
  );
  expect(applied).toBe(200);
});

test('a graph of 2,000 steps is built in less than two seconds', () => {
  const { description } = flowOfShape(Array.from({ length: 2000 }, () => ({ kind: 'step' })));
  const before = performance.now();
  expect(buildGraph(description).problems).toEqual([]);
  expect(performance.now() - before).toBeLessThan(2000);
});
