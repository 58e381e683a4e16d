/**
 * Random flows that are right, with the graph that must come out of them. A flow is drawn as a tree of segments, which
 * can only say valid things, and then written down as the sources of a class's methods.
 */
import fc from 'fast-check';
import type { FlowDescription } from '../flow/description.ts';
import type { FlowGraph, GraphStep, Takes, Transition } from './graph.ts';

/** A piece of a flow; what follows it is known only to the block around it. */
export type Segment =
  | { readonly kind: 'step' }
  /** Each arm has at least one segment. */
  | { readonly kind: 'branch'; readonly arms: readonly Block[] }
  /** `takesItem`: the first step has the item as its parameter, where it can have one. */
  | { readonly kind: 'foreach'; readonly body: Block; readonly takesItem: boolean }
  /** An empty arm goes on at once. `merges`: the arms meet in a step of their own. */
  | { readonly kind: 'switch'; readonly arms: readonly Block[]; readonly merges: boolean }
  /** The body, then a switch that goes back to its start or on; without a body the switch goes back to itself. */
  | { readonly kind: 'loop'; readonly body: Block };

/** Segments one after the other. */
export type Block = readonly Segment[];

/** A random flow and what is known of it. */
export interface RandomFlow {
  readonly shape: Block;
  readonly description: FlowDescription;
  /** What `buildGraph` must give. */
  readonly graph: FlowGraph;
}

/** How large the flows are. */
export interface RandomFlowOptions {
  /** Segments within segments; 3 unless told. */
  readonly maxDepth?: number;
  /** Segments one after the other, and arms side by side; 3 unless told. */
  readonly maxWidth?: number;
}

/**
 * Valid flows: linear, branches, foreaches, switches, loops, nested in every way.
 *
 * @example fc.assert(fc.property(arbitraryFlow(), ({ description, graph }) => { … }));
 */
export function arbitraryFlow(options: RandomFlowOptions = {}): fc.Arbitrary<RandomFlow> {
  return fc
    .record({ shape: arbitraryBlock(options), endJoins: fc.boolean(), style: fc.constantFrom(...styles) })
    .map(({ shape, endJoins, style }) => writeFlow(shape, endJoins, style));
}

/** The flow of a shape, for tests that want a certain one. */
export function flowOfShape(shape: Block): RandomFlow {
  return writeFlow(shape, false, styles[0]);
}

function arbitraryBlock({ maxDepth = 3, maxWidth = 3 }: RandomFlowOptions): fc.Arbitrary<Block> {
  const { block } = fc.letrec<{ block: Block; filled: Block; arms: readonly Block[]; segment: Segment }>(
    (tie) => ({
      block: fc.array(tie('segment'), { minLength: 0, maxLength: maxWidth, depthIdentifier: 'flow' }),
      filled: fc.array(tie('segment'), { minLength: 1, maxLength: maxWidth, depthIdentifier: 'flow' }),
      arms: fc.array(tie('filled'), {
        minLength: 2,
        maxLength: Math.max(2, maxWidth),
        depthIdentifier: 'flow',
      }),
      segment: fc.oneof(
        { maxDepth, depthIdentifier: 'flow' },
        fc.constant<Segment>({ kind: 'step' }),
        fc.record({ kind: fc.constant('branch' as const), arms: tie('arms') }),
        fc.record({ kind: fc.constant('foreach' as const), body: tie('filled'), takesItem: fc.boolean() }),
        fc.record({
          kind: fc.constant('switch' as const),
          arms: fc.array(tie('block'), {
            minLength: 2,
            maxLength: Math.max(2, maxWidth),
            depthIdentifier: 'flow',
          }),
          merges: fc.boolean(),
        }),
        fc.record({ kind: fc.constant('loop' as const), body: tie('block') }),
      ),
    }),
  );
  return block;
}

/** How a method is written: each says the same. */
type Style = (head: string, next: string | undefined) => string;

const styles: readonly [Style, ...Style[]] = [
  (head, next) =>
    `${head} {\n    this.last = '${head}';\n    ${next === undefined ? '' : `this.next(${next});`}\n  }`,
  (head, next) =>
    `async ${head} {\n    await work();\n    ${next === undefined ? '' : `return this.next(${next});`}\n  }`,
  (head, next) => `${head}{this.last=1${next === undefined ? '' : `,this.next(${next})`}}`,
  (head, next) =>
    `async ${head} { /* this.next(this.nowhere) */ ${next === undefined ? '' : `await this.next(${next}); // on`}\n }`,
];

interface Written {
  readonly name: string;
  readonly takes: Takes;
  readonly next: Transition;
  readonly splits: readonly string[];
  readonly closes?: string;
  /** The outermost loop around the step. */
  readonly loop?: object;
}

interface Around {
  readonly splits: readonly string[];
  readonly loop?: object;
}

class Writer {
  readonly steps: Written[] = [];
  #count = 0;

  name(kind: string): string {
    return `${kind}${this.#count++}`;
  }

  /** Writes a block from its end to its start, since a step names what follows it. Returns the first step. */
  block(block: Block, follow: string, around: Around): string {
    return block.reduceRight((next, segment) => this.#segment(segment, next, around), follow);
  }

  add(step: Omit<Written, 'splits' | 'loop'>, { splits, loop }: Around): string {
    this.steps.push({ ...step, splits, ...(loop && { loop }) });
    return step.name;
  }

  #segment(segment: Segment, follow: string, around: Around): string {
    switch (segment.kind) {
      case 'step':
        return this.#plain('step', follow, around);
      case 'branch':
        return this.split(segment, this.name('join'), { follow, around });
      case 'foreach':
        return this.split(segment, this.name('join'), { follow, around });
      case 'switch': {
        const name = this.name('switch');
        const meet = segment.merges ? this.#plain('meet', follow, around) : follow;
        const cases = segment.arms.map((arm, at) => [`c${at}`, this.block(arm, meet, around)]);
        const next = {
          kind: 'switch',
          cases: Object.fromEntries(cases) as Record<string, string>,
          by: 'this.kind',
        } as const;
        return this.add({ name, takes: 'nothing', next }, around);
      }
      case 'loop': {
        const name = this.name('loop');
        const inside = { ...around, loop: around.loop ?? {} };
        const head = this.block(segment.body, name, inside);
        this.add(
          {
            name,
            takes: 'nothing',
            next: { kind: 'switch', cases: { again: head, done: follow }, by: 'this.kind' },
          },
          inside,
        );
        return head;
      }
    }
  }

  #plain(kind: string, to: string, around: Around): string {
    return this.add({ name: this.name(kind), takes: 'nothing', next: { kind: 'linear', to } }, around);
  }

  /** Writes a split and its join; `follow` is absent where the join is the end. */
  split(
    segment: Segment & { kind: 'branch' | 'foreach' },
    join: string,
    { follow, around }: { follow?: string; around: Around },
  ): string {
    const name = this.name(segment.kind);
    const within = { ...around, splits: [...around.splits, name] };
    const next: Transition = follow === undefined ? { kind: 'end' } : { kind: 'linear', to: follow };
    this.add({ name: join, takes: 'inputs', next, closes: name }, around);
    if (segment.kind === 'branch') {
      const to = segment.arms.map((arm) => this.block(arm, join, within));
      return this.add({ name, takes: 'nothing', next: { kind: 'branch', to, join } }, around);
    }
    const to = this.block(segment.body, join, within);
    // A step that a switch comes back to has no item to take.
    if (segment.takesItem && segment.body[0]?.kind !== 'loop') this.#takeItem(to);
    return this.add(
      { name, takes: 'nothing', next: { kind: 'foreach', to, over: 'this.items', join } },
      around,
    );
  }

  #takeItem(name: string): void {
    const at = this.steps.findIndex((step) => step.name === name);
    this.steps.splice(at, 1, { ...(this.steps[at] as Written), takes: 'item' });
  }
}

function writeFlow(shape: Block, endJoins: boolean, style: Style): RandomFlow {
  const writer = new Writer();
  const outside: Around = { splits: [] };
  const last = shape.at(-1);
  const joinsAtEnd = endJoins && (last?.kind === 'branch' || last?.kind === 'foreach');
  if (!joinsAtEnd) writer.add({ name: 'end', takes: 'nothing', next: { kind: 'end' } }, outside);
  const follow = joinsAtEnd ? writer.split(last, 'end', { around: outside }) : 'end';
  const head = writer.block(joinsAtEnd ? shape.slice(0, -1) : shape, follow, outside);
  // Nothing may lead back to start; and it is not the end.
  const isTarget = head === 'end' || shape[0]?.kind === 'loop';
  if (isTarget) writer.add({ name: 'start', takes: 'nothing', next: { kind: 'linear', to: head } }, outside);
  const steps = (
    isTarget ? writer.steps : writer.steps.map((step) => renamed(step, head, 'start'))
  ).toReversed();
  return { shape, description: describe(steps, style), graph: graphOf(steps) };
}

function renamed<T>(value: T, from: string, to: string): T {
  if (value === from) return to as T;
  if (Array.isArray(value)) return value.map((each: unknown) => renamed(each, from, to)) as T;
  // The mark of a loop is known by its identity.
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, renamed(each as unknown, from, to)]),
  ) as T;
}

function describe(steps: readonly Written[], style: Style): FlowDescription {
  const written = steps.map(({ name, takes, next }) => {
    const parameter = takes === 'nothing' ? '' : takes === 'item' ? 'item' : 'inputs';
    return { name, source: style(`${name}(${parameter})`, nextText(next)), decorators: {} };
  });
  return { name: 'RandomFlow', steps: written, parameters: [], helpers: [] };
}

function nextText(next: Transition): string | undefined {
  switch (next.kind) {
    case 'end':
      return undefined;
    case 'linear':
      return `this.${next.to}`;
    case 'branch':
      return next.to.map((target) => `this.${target}`).join(', ');
    case 'foreach':
      return `this.${next.to}, { foreach: ${next.over} }`;
    case 'switch': {
      const cases = Object.entries(next.cases).map(([key, target]) => `${key}: this.${target}`);
      return `{ ${cases.join(', ')} }, { by: ${next.by} }`;
    }
  }
}

function graphOf(steps: readonly Written[]): FlowGraph {
  const loops = [...new Set(steps.flatMap(({ loop }) => loop ?? []))];
  const built = steps.map(({ loop, ...step }): GraphStep => ({
    ...step,
    ...(loop && { loop: loops.indexOf(loop) }),
    assigns: [],
    reads: [],
  }));
  return { version: 1, flow: 'RandomFlow', steps: built };
}
