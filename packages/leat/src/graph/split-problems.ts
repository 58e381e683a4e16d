import type { Edge, Edges } from './edges.ts';
import type { GraphProblem } from './problem.ts';
import type { StepReading } from './read-step.ts';

/** One split around a step, and which of its branches (0 for a foreach). */
export interface Frame {
  readonly split: string;
  readonly branch: number;
}

/** An arrow that does not fit the splits around its two ends. */
export interface Clash {
  readonly kind: 'item-and-inputs' | 'split-into-join' | 'inputs-without-split' | 'several-splits' | 'differ';
  readonly edge: Edge;
  /** The splits that the arrow brings. */
  readonly arriving: readonly Frame[];
  /** Those that an earlier arrow brought, and where it came from. */
  readonly before?: readonly Frame[];
  readonly cameBy?: string;
}

/** What the walk collected. */
export interface WalkFacts {
  readonly frames: ReadonlyMap<string, readonly Frame[]>;
  readonly closes: ReadonlyMap<string, string>;
  readonly joins: ReadonlyMap<string, readonly string[]>;
  readonly clashes: readonly Clash[];
}

interface Around {
  readonly readings: readonly StepReading[];
  readonly edges: Edges;
  readonly isComplete: boolean;
}

/** The splits of a way as a text: two ways fit if their texts are equal. */
export const describeWay = (frames: readonly Frame[]): string =>
  frames.map(({ split, branch }) => `${split}#${branch}`).join('/');

/** Turns what the walk collected into problems. */
export function problemsOf(facts: WalkFacts, around: Around): GraphProblem[] {
  const ranges = new Map(around.readings.map(({ name, nextRange }) => [name, nextRange]));
  const atNext = (step: string): Pick<GraphProblem, 'step' | 'range'> => {
    const range = ranges.get(step);
    return { step, ...(range && { range }) };
  };
  const clashes = facts.clashes.flatMap((clash) => clashProblem(clash, facts, atNext));
  return [...clashes, ...openSplits(facts, around, atNext), ...severalJoins(facts, atNext)];
}

type AtNext = (step: string) => Pick<GraphProblem, 'step' | 'range'>;

function clashProblem(clash: Clash, facts: WalkFacts, atNext: AtNext): GraphProblem[] {
  const { from, to } = clash.edge;
  switch (clash.kind) {
    case 'item-and-inputs':
      return [
        {
          kind: clash.kind,
          step: to,
          message: `step '${to}' takes the item of a foreach, but '${from}' reaches it without one`,
          fix: `Let '${from}' go to a step without a parameter (it can read this.input), or to '${to}' with { foreach: … }. A join cannot stand straight behind a foreach.`,
        },
      ];
    case 'split-into-join':
      return [
        {
          kind: clash.kind,
          ...atNext(from),
          message: `the branch from '${from}' goes straight into '${to}', which takes Inputs: there is no task to join`,
          fix: `Put a step between '${from}' and '${to}'.`,
        },
      ];
    case 'inputs-without-split':
      return [
        {
          kind: clash.kind,
          step: to,
          message: `step '${to}' takes a parameter, but '${from}' reaches it outside any split: it is neither the item of a foreach nor the Inputs of a join`,
          fix: `Remove the parameter; or reach the step with this.next(this.${to}, { foreach: items }); or split before '${from}'.`,
        },
      ];
    case 'several-splits':
      return [
        {
          kind: clash.kind,
          step: to,
          message: `step '${to}' joins the split of '${facts.closes.get(to)}', and the one of '${clash.arriving.at(-1)?.split}' when it comes from '${from}'`,
          fix: 'Give each split a join of its own; both may go on to one step without a parameter.',
        },
      ];
    case 'differ':
      return differProblem(clash, facts);
  }
}

function differProblem(
  { edge: { from, to }, arriving, before = [], cameBy = 'start' }: Clash,
  facts: WalkFacts,
): GraphProblem[] {
  if (to === 'end' && !facts.closes.has(to)) return []; // told by openSplits: the split that is still open is the news
  const sameSplits =
    arriving.length === before.length && arriving.every(({ split }, at) => split === before[at]?.split);
  if (sameSplits && !facts.closes.has(to)) {
    const split = arriving.find(({ branch }, at) => branch !== before[at]?.branch)?.split;
    return [
      {
        kind: 'meet-without-inputs',
        step: to,
        message: `branches of '${split}' meet in '${to}' (from '${cameBy}' and from '${from}'), which takes no Inputs`,
        fix: `Make it a join: @step ${to}(inputs: Inputs<…>) { … }.`,
      },
    ];
  }
  const verb = facts.closes.has(to) ? 'joins ways of' : 'is reached at';
  return [
    {
      kind: 'join-depth',
      step: to,
      message: `step '${to}' ${verb} different depths: from '${cameBy}' ${where(before)}, from '${from}' ${where(arriving)}`,
      fix: `Close each split with a join of its own before its ways meet in '${to}'.`,
    },
  ];
}

function where(frames: readonly Frame[]): string {
  if (frames.length === 0) return 'outside any split';
  return `within ${frames.map(({ split }) => `'${split}'`).join(' > ')}`;
}

/** Splits within which the run reaches `end`. */
function openSplits(
  { frames, clashes }: WalkFacts,
  { edges, isComplete }: Around,
  atNext: AtNext,
): GraphProblem[] {
  const toEnd = clashes.filter(({ kind, edge }) => kind === 'differ' && edge.to === 'end');
  // Another clash has mixed up the splits behind it.
  if (!isComplete || toEnd.length < clashes.length) return [];
  const ways = [frames.get('end') ?? [], ...toEnd.map(({ arriving }) => arriving)];
  const open = new Set(ways.flatMap((way) => way.map(({ split }) => split)));
  return [...open].map((split) => {
    const isForeach = edges.from.get(split)?.[0]?.kind === 'foreach';
    return {
      kind: 'split-without-join',
      ...atNext(split),
      message: `the ${isForeach ? 'foreach' : 'branch'} of '${split}' is never joined: its tasks come to 'end'`,
      fix: `Join them first: a step between them and 'end' that takes Inputs, or end(inputs: Inputs<…>) itself${isForeach ? '. A join cannot stand straight behind the foreach' : ''}.`,
    };
  });
}

function severalJoins({ joins }: WalkFacts, atNext: AtNext): GraphProblem[] {
  return [...joins]
    .filter(([, closing]) => closing.length > 1)
    .map(([split, closing]) => ({
      kind: 'several-joins',
      ...atNext(split),
      message: `the split of '${split}' is joined in several steps: ${closing.map((join) => `'${join}'`).join(', ')}`,
      fix: 'Let all its ways come to one join.',
    }));
}
