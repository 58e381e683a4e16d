import { readFileSync } from 'node:fs';
import path from 'node:path';
import { flowFile, runLeat, type LeatRun } from './leat.ts';
import { newFolder } from './work-folder.ts';

/** How the tasks of the foreach run: in a fresh process each, or many in one. */
export type Isolation = 'process' | 'reuse';

/** What is run. */
export interface WideRequest {
  readonly items: number;
  readonly isolation: Isolation;
  readonly inFlight: number;
  /** The folder of the session. */
  readonly folder: string;
}

/** What the flow says of itself. */
interface Report {
  /** Milliseconds since the epoch: the end of the split, the start of the join's own code. */
  readonly splitAt: number;
  readonly joinedAt: number;
  /** Seconds in which the join read all its inputs. */
  readonly joinSeconds: number;
  /** CPU seconds of the same. */
  readonly joinCpu: number;
  /** The most memory that the join's process held, in bytes. */
  readonly joinMemory: number;
  readonly total: number;
}

/** One run of `wide.flow.ts`. */
export interface WideRun extends LeatRun, Report {
  readonly items: number;
  readonly isolation: Isolation;
  /** Seconds from the end of the split to the join's own code: the tasks alone, without the start of the command. */
  readonly inside: number;
}

/** An hour and a half: a million tasks on a slow machine. */
const limit = 5400;

const made = new Map<string, WideRun[]>();

/**
 * Runs of the wide flow. Several questions look at the same ones, since the widest take many minutes: what this session has run already is not run
 * again.
 *
 * @throws Error when the join did not get the result of each task
 */
export function wideRuns(request: WideRequest, rounds: number): readonly WideRun[] {
  const { items, isolation, inFlight } = request;
  const key = `${isolation} ${items} ${inFlight}`;
  const runs = made.get(key) ?? [];
  made.set(key, runs);
  while (runs.length < rounds) runs.push(wideRun(request));
  return runs;
}

/** One more of them. */
export function wideRun({ items, isolation, inFlight, folder }: WideRequest): WideRun {
  const report = path.join(newFolder(folder, 'wide'), 'report.txt');
  const run = runLeat({
    argv: ['run', flowFile('wide'), '--items', String(items), '--max-workers', String(inFlight)],
    inside: folder,
    environment: { BENCH_ISOLATION: isolation, BENCH_REPORT: report },
    limit,
  });
  const lines = readFileSync(report, 'utf8').trim().split('\n');
  const said = Object.assign({}, ...lines.map((line) => JSON.parse(line) as object)) as Report;
  const expected = expectedTotal(items);
  if (said.total !== expected)
    throw new Error(`the join of ${items} inputs came to ${said.total}, not ${expected}`);
  return { ...run, ...said, items, isolation, inside: (said.joinedAt - said.splitAt) / 1000 };
}

/** The sum of `index % 1000` over all items. */
function expectedTotal(items: number): number {
  const rest = items % 1000;
  return Math.floor(items / 1000) * 499_500 + (rest * (rest - 1)) / 2;
}
