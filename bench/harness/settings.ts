/** How much is measured, from the command line. */
import os from 'node:os';
import { parseArgs } from 'node:util';

/** All questions share these. */
export interface Settings {
  /** Times that each side runs; figures are medians over them. Sides that take minutes run once. */
  readonly rounds: number;
  /** Width of Leat's foreach. */
  readonly items: number;
  /** Width of Metaflow's foreach, which takes some 0.3 s an item; 0 leaves Metaflow out everywhere. */
  readonly metaflowItems: number;
  /** Tasks of the runs that are resumed and recovered. */
  readonly resumeItems: number;
  /** Tasks in flight, on every side. */
  readonly inFlight: number;
  /** Widest split of the question about a foreach item. */
  readonly widestSplit: number;
  /** Width of the widest foreach of all. */
  readonly millionItems: number;
  /** Widths at which the curves are measured, ascending. */
  readonly curveSizes: readonly number[];
  /** The widest of them with a fresh process for each item. */
  readonly freshLimit: number;
  /** Numbers of inputs of a join, ascending. */
  readonly joinSizes: readonly number[];
  /** Tasks that a layer with arrays gets. */
  readonly arrayItems: number;
  /** Widths of the foreach that runs in real containers behind a stand-in for AWS Batch, ascending. */
  readonly batchSizes: readonly number[];
  /** Tasks for a peer that starts a process for each. */
  readonly peerFresh: number;
  /** Tasks for a peer that reuses its workers. */
  readonly peerReuse: number;
  /** An empty folder of this session. What is in it is removed at the end, not before: see `harness/work-folder.ts`. */
  readonly folder: string;
  /** Says what is going on, on stderr. */
  readonly say: (text: string) => void;
}

/** What the command line said. */
export interface CommandLine {
  /** The questions that are asked; all when it is empty. */
  readonly names: readonly string[];
  /** Whether `docs/benchmarks.md` is drawn anew with the answers. */
  readonly draw: boolean;
  /** Whether what the runs wrote is left. */
  readonly keep: boolean;
  /** The settings, for the folder of the session. */
  readonly settingsIn: (folder: string) => Settings;
}

const million = 1_000_000;

const whole: Readonly<Record<string, string>> = {
  rounds: '5',
  items: '1000',
  'metaflow-items': '100',
  'resume-items': '10000',
  'widest-split': '100000',
  'million-items': String(million),
  'curve-sizes': '1000,10000,100000,1000000',
  'fresh-limit': '10000',
  'join-sizes': '100000,1000000',
  'array-items': '10000',
  'batch-sizes': '10,30,100',
  'peer-fresh': '300',
  'peer-reuse': '10000',
};

/** `--quick`: minutes instead of an hour, to see that everything works. Its figures say little, its verdicts nothing. */
const quick: typeof whole = {
  rounds: '1',
  items: '100',
  'metaflow-items': '10',
  'resume-items': '200',
  'widest-split': '1000',
  'million-items': '10000',
  'curve-sizes': '100,1000,10000',
  'fresh-limit': '100',
  'join-sizes': '1000,10000',
  'array-items': '1000',
  'batch-sizes': '3',
  'peer-fresh': '20',
  'peer-reuse': '1000',
};

/**
 * Names and numbers that make no sense end the program here, before minutes are spent.
 *
 * @throws Error
 */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...Object.fromEntries(Object.keys(whole).map((name) => [name, text])),
      'in-flight': { ...text, default: String(os.availableParallelism()) },
      only: text,
      quick: flag,
      draw: flag,
      keep: flag,
    },
  });
  const given = values as Readonly<Record<string, string | boolean | undefined>>;
  const defaults = given['quick'] === true ? quick : whole;
  const only = typeof given['only'] === 'string' ? given['only'].split(',') : [];
  const settings = settingsOf((name) => String(given[name] ?? defaults[name]));
  return {
    names: [...positionals, ...only],
    draw: given['draw'] === true,
    keep: given['keep'] === true,
    settingsIn: (folder) => ({
      ...settings,
      folder,
      say: (words) => console.error(`· ${words}`),
    }),
  };
}

function settingsOf(textOf: (name: string) => string): Omit<Settings, 'folder' | 'say'> {
  const check = (name: string, text: string, least: number): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isInteger(value) || value < least)
      throw new Error(`--${name} takes a whole number from ${least} on, not "${text}"`);
    return value;
  };
  const number = (name: string, least: number): number => check(name, textOf(name), least);
  const list = (name: string): readonly number[] =>
    textOf(name)
      .split(',')
      .map((text) => check(name, text, 1))
      .toSorted((a, b) => a - b);
  return {
    rounds: number('rounds', 1),
    items: number('items', 1),
    metaflowItems: number('metaflow-items', 0),
    resumeItems: number('resume-items', 2),
    inFlight: number('in-flight', 1),
    widestSplit: number('widest-split', 11),
    millionItems: number('million-items', 1),
    curveSizes: list('curve-sizes'),
    freshLimit: number('fresh-limit', 0),
    joinSizes: list('join-sizes'),
    arrayItems: number('array-items', 1),
    batchSizes: list('batch-sizes'),
    peerFresh: number('peer-fresh', 1),
    peerReuse: number('peer-reuse', 1),
  };
}
