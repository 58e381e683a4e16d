/**
 * Random flows as nested blocks, each with two readings: as a graph and plan, for the scheduler, and as a prediction of
 * every task, made by walking the blocks as a program would run them, with none of the scheduler's ideas.
 */
import { manifestKey, formatTask } from '../datastore/keys.ts';
import type { FlowGraph, GraphStep, Transition } from '../graph/graph.ts';
import type { EventOutcome } from '../metadata/events.ts';
import type { RetryPolicy, RunPlan, StepPlan } from '../plan/plan.ts';
import { jitter } from './retry.ts';

export type Block =
  | { readonly kind: 'step'; readonly name: string }
  | {
      readonly kind: 'branch';
      readonly name: string;
      readonly arms: readonly Blocks[];
      readonly join: string;
    }
  | { readonly kind: 'foreach'; readonly name: string; readonly body: Blocks; readonly join: string }
  | { readonly kind: 'switch'; readonly name: string; readonly arms: readonly Blocks[] }
  | { readonly kind: 'loop'; readonly body: Blocks; readonly name: string };
export type Blocks = readonly Block[];

export interface RandomFlow {
  readonly plan: RunPlan;
  /** start … end, without these two. */
  readonly blocks: Blocks;
}

/** Items of a foreach by plan, where it is not the usual: a plan is all that {@link decide} is given. */
const itemsOf = new WeakMap<RunPlan, number>();

/** What tasks decide that do not decide as usual, by plan for the same reason. */
const otherwise = new WeakMap<RunPlan, (address: string) => EventOutcome | undefined>();

/** Lets some tasks of a plan decide otherwise: those that `@catchError` stands in for. */
export function decideOtherwise(plan: RunPlan, decides: (address: string) => EventOutcome | undefined): void {
  otherwise.set(plan, decides);
}

export interface FlowShape {
  readonly blocks: Blocks;
  /** Decorators by step; steps that are absent have none. */
  readonly steps?: Readonly<
    Record<
      string,
      Partial<
        Pick<
          StepPlan,
          'retry' | 'catchError' | 'layer' | 'timeoutSeconds' | 'isolation' | 'chunk' | 'concurrency'
        >
      >
    >
  >;
  readonly layer?: string;
  /** Below this is how many items an outer foreach has; 4 unless told, as for those inside. */
  readonly items?: number;
}

/** A number that the random generator of blocks draws from: 0 ≤ n < bound. */
export type Draw = (bound: number) => number;

/** Random blocks, at most `budget` steps deep and wide. */
export function randomBlocks(draw: Draw, budget = 12): Blocks {
  let left = budget;
  let names = 0;
  const name = (kind: string): string => `${kind}${(names += 1)}`;
  const sequence = (depth: number): Blocks => {
    const blocks: Block[] = [];
    const length = 1 + draw(depth === 0 ? 3 : 2);
    for (let at = 0; at < length; at += 1) blocks.push(block(depth));
    return blocks;
  };
  const block = (depth: number): Block => {
    left -= 1;
    const kind = left <= 0 || depth >= 4 ? 0 : draw(7);
    switch (kind) {
      case 2:
        return { kind: 'branch', name: name('branch'), arms: arms(depth), join: name('join') };
      case 3:
      case 4:
        return { kind: 'foreach', name: name('each'), body: sequence(depth + 1), join: name('join') };
      case 5:
        return { kind: 'switch', name: name('choose'), arms: arms(depth) };
      case 6:
        return { kind: 'loop', body: sequence(depth + 1), name: name('again') };
      default:
        return { kind: 'step', name: name('step') };
    }
  };
  const arms = (depth: number): readonly Blocks[] =>
    Array.from({ length: 2 + draw(2) }, () => sequence(depth + 1));
  return sequence(0);
}

const entryOf = (blocks: Blocks): string => {
  const first = blocks[0]!;
  return first.kind === 'loop' ? entryOf(first.body) : first.name;
};

/** The graph and the plan of some blocks. */
export function flowOf({
  blocks,
  steps: decorated = {},
  layer = 'simulated',
  items = 4,
}: FlowShape): RandomFlow {
  const steps: GraphStep[] = [];
  let loops = 0;
  const add = (name: string, next: Transition, around: Around, closes?: string): void => {
    steps.push({
      name,
      takes: closes === undefined ? 'nothing' : 'inputs',
      next,
      splits: around.splits,
      assigns: [],
      reads: [],
      ...(closes === undefined ? {} : { closes }),
      ...(around.loop === undefined ? {} : { loop: around.loop }),
    });
  };
  const compile = (sequence: Blocks, after: string, around: Around): void => {
    for (const [at, block] of sequence.entries()) {
      const following = sequence[at + 1];
      const next = following === undefined ? after : entryOf([following]);
      compileBlock(block, next, around);
    }
  };
  const compileBlock = (block: Block, next: string, around: Around): void => {
    const inside = { ...around, splits: [...around.splits, block.name] };
    switch (block.kind) {
      case 'step':
        add(block.name, { kind: 'linear', to: next }, around);
        return;
      case 'switch': {
        const cases = Object.fromEntries(block.arms.map((arm, at) => [`case${at}`, entryOf(arm)]));
        add(block.name, { kind: 'switch', cases, by: 'this.kind' }, around);
        for (const arm of block.arms) compile(arm, next, around);
        return;
      }
      case 'loop': {
        const within = { ...around, loop: around.loop ?? (loops += 1) };
        compile(block.body, block.name, within);
        const cases = { again: entryOf(block.body), done: next };
        add(block.name, { kind: 'switch', cases, by: 'this.more' }, within);
        return;
      }
      case 'branch':
        add(block.name, { kind: 'branch', to: block.arms.map(entryOf), join: block.join }, around);
        for (const arm of block.arms) compile(arm, block.join, inside);
        break;
      case 'foreach':
        add(
          block.name,
          { kind: 'foreach', to: entryOf(block.body), over: 'this.items', join: block.join },
          around,
        );
        compile(block.body, block.join, inside);
    }
    add(block.join, { kind: 'linear', to: next }, around, block.name);
  };
  const outside: Around = { splits: [] };
  add('start', { kind: 'linear', to: blocks.length === 0 ? 'end' : entryOf(blocks) }, outside);
  compile(blocks, 'end', outside);
  add('end', { kind: 'end' }, outside);
  const graph: FlowGraph = { version: 1, flow: 'RandomFlow', steps };
  const plans = steps.map(({ name }): [string, StepPlan] => [name, stepPlan(name, layer, decorated[name])]);
  const plan: RunPlan = {
    version: 1,
    flow: graph.flow,
    graph,
    steps: Object.fromEntries(plans),
    package: 'p',
    stepHashes: {},
  };
  itemsOf.set(plan, items);
  return { blocks, plan };
}

interface Around {
  readonly splits: readonly string[];
  readonly loop?: number;
}

export const noRetry: RetryPolicy = { times: 0, waitSeconds: 0, backoff: 'constant', maxWaitSeconds: 3600 };

function stepPlan(step: string, layer: string, own: Partial<StepPlan> = {}): StepPlan {
  const value = <T>(of: T) => ({ value: of, origin: 'default' as const });
  return {
    step,
    layer,
    layerOptions: {},
    resources: { cpu: value(1), memory: value(100), gpu: value(0), disk: value(0) },
    retry: noRetry,
    environment: {},
    ...own,
  };
}

/** What a task decides: the same whoever asks, from its address alone. */
export function decide(plan: RunPlan, address: string): EventOutcome {
  const told = otherwise.get(plan)?.(address);
  if (told !== undefined) return told;
  const name = /^[^[~]+/.exec(address)![0];
  const { next } = plan.graph.steps.find((step) => step.name === name)!;
  const chance = jitter(`outcome of ${address}`);
  switch (next.kind) {
    case 'foreach': {
      const isOuter = !address.includes('[');
      const count = Math.floor(chance * (isOuter ? (itemsOf.get(plan) ?? 4) : 4));
      return { kind: 'foreach', items: count === 0 ? { count } : { count, index: `items/${address}` } };
    }
    case 'switch': {
      const iteration = Number(/~(\d+)$/.exec(address)?.[1] ?? 0);
      const cases = Object.keys(next.cases);
      if ('again' in next.cases)
        return { kind: 'switch', choice: chance < 0.5 && iteration < 5 ? 'again' : 'done' };
      return { kind: 'switch', choice: cases[Math.floor(chance * cases.length)]! };
    }
    default:
      return { kind: next.kind };
  }
}

/** A task as it must come to be, and the tasks that it must be given, in order. */
export type Prediction = ReadonlyMap<string, readonly string[]>;

interface Visit {
  readonly step: string;
  readonly path: readonly number[];
  readonly iteration: number;
}

/** Every task of a flow whose tasks decide as {@link decide} says, with its sources. */
export function predict({ plan, blocks }: RandomFlow): Prediction {
  const tasks = new Map<string, readonly string[]>();
  const last = new Map<string, number>();
  const loopOf = (step: string): number | undefined =>
    plan.graph.steps.find(({ name }) => name === step)!.loop;
  const sameLoop = (a: string, b: string): boolean => loopOf(a) !== undefined && loopOf(a) === loopOf(b);

  const record = (visit: Visit, sources: readonly Visit[]): Visit => {
    const address = formatTask(visit);
    if (tasks.has(address)) throw new Error(`${address} was predicted twice`);
    tasks.set(address, sources.map(formatTask));
    last.set(`${visit.step}[${visit.path.join(',')}]`, visit.iteration);
    return visit;
  };
  /** The rule of iterations, word for word. */
  const enter = (step: string, path: readonly number[], from: Visit): Visit => {
    const iteration = unvisited(step, path, sameLoop(from.step, step) ? from.iteration : 0);
    return record({ step, path, iteration }, [from]);
  };
  const unvisited = (step: string, path: readonly number[], iteration: number): number => {
    const visited = last.get(`${step}[${path.join(',')}]`);
    return loopOf(step) !== undefined && visited !== undefined && visited >= iteration
      ? visited + 1
      : iteration;
  };
  const join = (step: string, split: Visit, arrivals: readonly Visit[]): Visit => {
    const { path } = split;
    const inside = arrivals
      .filter((arrival) => sameLoop(arrival.step, split.step))
      .map((arrival) => arrival.iteration);
    const high = Math.max(split.iteration, ...inside);
    const past = high > split.iteration ? high + 1 : split.iteration;
    return record(
      { step, path, iteration: unvisited(step, path, sameLoop(split.step, step) ? past : 0) },
      arrivals,
    );
  };
  const walk = (sequence: Blocks, from: Visit): Visit => {
    let at = from;
    for (const block of sequence) at = walkBlock(block, at);
    return at;
  };
  const walkBlock = (block: Block, from: Visit): Visit => {
    if (block.kind === 'loop') {
      for (let at = from; ;) {
        at = enter(block.name, from.path, walk(block.body, at));
        const outcome = decide(plan, formatTask(at));
        if (outcome.kind === 'switch' && outcome.choice === 'done') return at;
      }
    }
    const own = enter(block.name, from.path, from);
    const outcome = decide(plan, formatTask(own));
    switch (block.kind) {
      case 'step':
        return own;
      case 'switch':
        return walk(block.arms[Number((outcome as { choice: string }).choice.slice(4))]!, own);
      case 'branch':
        return join(
          block.join,
          own,
          block.arms.map((arm) => walk(arm, own)),
        );
      case 'foreach': {
        const { count } = (outcome as { items: { count: number } }).items;
        const arrivals = Array.from({ length: count }, (_, index) =>
          walk(block.body, { ...own, path: [...own.path, index] }),
        );
        // The item's first task comes from the split itself, not from a task at the item's path.
        return join(block.join, own, arrivals);
      }
    }
  };
  const start = record({ step: 'start', path: [], iteration: 0 }, []);
  enter('end', [], walk(blocks, start));
  for (const [address, sources] of tasks) {
    tasks.set(
      address,
      sources.map((source) => (tasks.has(source) ? source : splitBehind(plan, source))),
    );
  }
  return tasks;
}

/** `each1[2]` as the source of an item stands for `each1`. */
const splitBehind = (plan: RunPlan, source: string): string => {
  const parts = /^(?<step>[^[~]+)\[(?<path>[\d,]+)\](?<rest>.*)$/.exec(source)!.groups!;
  if (!plan.graph.steps.some(({ name }) => name === parts['step'])) throw new Error(source);
  const path = parts['path']!.split(',').slice(0, -1).join(',');
  return `${parts['step']}${path === '' ? '' : `[${path}]`}${parts['rest']}`;
};

/** The key of the manifest that an attempt of this flow leaves. */
export function manifestOfAttempt(plan: RunPlan, run: string, address: string, attempt: number): string {
  const [, step, path = '', iteration = '0'] = /^([^[~]+)(?:\[([\d,]+)\])?(?:~(\d+))?$/.exec(address)!;
  const indexes = path === '' ? [] : path.split(',').map(Number);
  return manifestKey(plan.flow, run, { step: step!, path: indexes, iteration: Number(iteration) }, attempt);
}
