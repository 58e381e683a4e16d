/**
 * Follows every arrow from `start` and keeps, for each step, the splits around it. Two ways to one step must bring the
 * same splits and the same branch of each; a step that takes Inputs closes the innermost one.
 */
import type { Takes } from './graph.ts';
import type { Edge, Edges } from './edges.ts';
import type { GraphProblem } from './problem.ts';
import type { StepReading } from './read-step.ts';
import { type Clash, describeWay, type Frame, problemsOf, type WalkFacts } from './split-problems.ts';

/** What the walk found; trustworthy for every step when `problems` is empty. */
export interface SplitFacts {
  readonly takes: ReadonlyMap<string, Takes>;
  /** Around each step that was reached, outermost first. */
  readonly frames: ReadonlyMap<string, readonly Frame[]>;
  /** For each join the split that it closes. */
  readonly closes: ReadonlyMap<string, string>;
  /** For each split step the steps that close it. */
  readonly joins: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly GraphProblem[];
}

/** Walks the graph. `isComplete` is false when transitions are missing, so that what follows from that is not reported. */
export function walkSplits(readings: readonly StepReading[], edges: Edges, isComplete: boolean): SplitFacts {
  const takes = new Map(readings.map((reading) => [reading.name, takesOf(reading, edges)]));
  const walk = new Walk(takes, edges);
  if (takes.has('start')) walk.from('start');
  return { takes, ...walk.facts, problems: problemsOf(walk.facts, { readings, edges, isComplete }) };
}

/** A parameter is the item when a foreach leads here, else Inputs. */
function takesOf({ name, hasParameter }: StepReading, edges: Edges): Takes {
  if (!hasParameter || name === 'start') return 'nothing';
  return edges.into.get(name)?.some(({ kind }) => kind === 'foreach') === true ? 'item' : 'inputs';
}

class Walk {
  readonly #takes: ReadonlyMap<string, Takes>;
  readonly #edges: Edges;
  readonly #frames = new Map<string, readonly Frame[]>();
  readonly #cameBy = new Map<string, string>();
  readonly #closes = new Map<string, string>();
  readonly #joins = new Map<string, string[]>();
  readonly #clashes: Clash[] = [];
  readonly #waiting: string[] = [];

  constructor(takes: ReadonlyMap<string, Takes>, edges: Edges) {
    this.#takes = takes;
    this.#edges = edges;
  }

  get facts(): WalkFacts {
    return { frames: this.#frames, closes: this.#closes, joins: this.#joins, clashes: this.#clashes };
  }

  from(start: string): void {
    this.#frames.set(start, []);
    this.#waiting.push(start);
    for (let step = this.#waiting.shift(); step !== undefined; step = this.#waiting.shift()) {
      for (const edge of this.#edges.from.get(step) ?? []) this.#follow(edge);
    }
  }

  #follow(edge: Edge): undefined {
    const around = this.#frames.get(edge.from) as readonly Frame[];
    const splits = edge.kind === 'branch' || edge.kind === 'foreach';
    const arriving = splits ? [...around, { split: edge.from, branch: edge.branch }] : around;
    const takes = this.#takes.get(edge.to);
    if (takes === 'item' && edge.kind !== 'foreach') return this.#clash('item-and-inputs', edge, arriving);
    if (takes !== 'inputs') return this.#arrive(edge, arriving);
    const closed = arriving.at(-1);
    // The walk goes on behind a wrong join as if it were right: one mistake, one problem.
    if (splits) this.#clash('split-into-join', edge, arriving);
    else if (closed === undefined) this.#clash('inputs-without-split', edge, arriving);
    else if (!this.#close(edge, closed.split, arriving)) return undefined;
    return this.#arrive(edge, arriving.slice(0, -1));
  }

  /** Notes that a join closes a split; `false` when it closes another one already. */
  #close(edge: Edge, split: string, arriving: readonly Frame[]): boolean {
    const known = this.#closes.get(edge.to);
    if (known !== undefined && known !== split) {
      const level = describeWay(this.#frames.get(edge.to) ?? []) === describeWay(arriving.slice(0, -1));
      this.#clash(level ? 'several-splits' : 'differ', edge, arriving.slice(0, level ? undefined : -1));
      return false;
    }
    this.#closes.set(edge.to, split);
    const joins = this.#joins.get(split) ?? [];
    if (!joins.includes(edge.to)) this.#joins.set(split, [...joins, edge.to]);
    return true;
  }

  #arrive(edge: Edge, arriving: readonly Frame[]): undefined {
    const known = this.#frames.get(edge.to);
    if (known === undefined) {
      this.#frames.set(edge.to, arriving);
      this.#cameBy.set(edge.to, edge.from);
      this.#waiting.push(edge.to);
    } else if (describeWay(known) !== describeWay(arriving)) {
      this.#clash('differ', edge, arriving);
    }
  }

  #clash(kind: Clash['kind'], edge: Edge, arriving: readonly Frame[]): undefined {
    const before = this.#frames.get(edge.to);
    this.#clashes.push({
      kind,
      edge,
      arriving,
      ...(before && { before, cameBy: this.#cameBy.get(edge.to) ?? 'start' }),
    });
  }
}
