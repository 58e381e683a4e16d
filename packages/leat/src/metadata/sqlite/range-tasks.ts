/** Tasks that have no rows of their own, read from the ranges that tell of them. */
import { memberAddress } from '../chunk-events.ts';
import type { EventOutcome } from '../events.ts';
import type { AttemptRecord, TaskRecord } from '../metadata-store.ts';
import { sortablePath, type TaskKey } from '../task-key.ts';
import {
  type ChunkRange,
  longestRange,
  overlapping,
  placesOfRow,
  type RangeTable,
  readChunkByKey,
  type StoredChunk,
} from './chunk-rows.ts';
import type { Database } from './database.ts';
import { type PackedResult, unpackResults } from './packed-results.ts';
import { type ReusedRow, reusedReader } from './reused-rows.ts';
import { laterThan, type ListPlace, type Query } from './task-rows.ts';
import type { TaskEntry } from '../stored-task.ts';

/** Ranges read at a time. */
const rangesPerPage = 16;

/** A task that is not decided yet, as its chunk's row tells. */
export function openEntry({ facts, job, started }: StoredChunk, place: number): TaskEntry {
  const { group, attempt, at, layer, token } = facts;
  const { step, iteration } = group;
  const task = memberAddress(group, place);
  const status = started ? 'running' : 'submitted';
  const path = [...group.path, place];
  const record = {
    task,
    step,
    path,
    iteration,
    attempts: attempt + 1,
    createdAt: at,
    caught: false,
  } as const;
  const newest: AttemptRecord = {
    task,
    attempt,
    layer,
    token,
    ...(job === undefined ? {} : { job }),
    state: status,
    submittedAt: at,
  };
  return { task: { ...record, status }, newest };
}

/** A task that succeeded, as its chunk's row and its result tell. */
function doneEntry(
  chunk: StoredChunk,
  place: number,
  outcome: EventOutcome,
  { offset, length, startedAt, endedAt }: PackedResult,
): TaskEntry {
  const { task, newest } = openEntry(chunk, place);
  const manifest = `${chunk.facts.pack}#${offset}+${length}`;
  const decidedBy = chunk.facts.attempt;
  const record: TaskRecord = {
    ...task,
    status: 'succeeded',
    manifest,
    outcome,
    startedAt,
    endedAt,
    decidedBy,
  };
  return {
    task: record,
    newest: newest === undefined ? undefined : { ...newest, state: 'succeeded', startedAt, endedAt },
  };
}

type AnyRange = ChunkRange | ReusedRow;

/** The range of a table that a task is in. */
function rangeWith(
  database: Database,
  table: RangeTable,
  run: number,
  { step, path, iteration }: TaskKey,
): { readonly row: AnyRange; readonly place: number } | undefined {
  const place = path.at(-1);
  if (place === undefined) return undefined;
  const group = { step, path: path.slice(0, -1), iteration };
  const [row] = overlapping<AnyRange>(database, table, { run, group, from: place, to: place + 1 });
  return row === undefined ? undefined : { row, place };
}

/** A task of a range, by its address taken apart. */
export function readFromRange(database: Database, run: number, key: TaskKey): TaskEntry | undefined {
  for (const table of ['done_ranges', 'reused_ranges', 'open_ranges'] as const) {
    const found = rangeWith(database, table, run, key);
    if (found !== undefined) return entryReader(database)(found.row)(found.place);
  }
  return undefined;
}

/** Addresses of tasks that are not decided yet and have no rows of their own, at most `limit`. */
export function openTasksOfRanges(database: Database, run: number, limit: number): string[] {
  const addresses: string[] = [];
  for (const { entry } of rangeTasks(database, 'open_ranges', run, { step: undefined, after: undefined })) {
    if (addresses.push(entry().task.task) === limit) break;
  }
  return addresses;
}

/** Reads the tasks of a row by place; what its row and chunk tell is taken apart once. */
function entryReader(database: Database): (row: AnyRange) => (place: number) => TaskEntry {
  const chunks = new Map<number, StoredChunk>();
  return (row) => {
    if (!('chunk' in row)) return reusedReader(row);
    const chunk = chunks.get(row.chunk) ?? readChunkByKey(database, row.chunk);
    if (chunk === undefined) throw new TypeError(`range '${row.path}' names a chunk that is not there`);
    chunks.set(row.chunk, chunk);
    if (row.results === undefined) return (place) => openEntry(chunk, place);
    const results = unpackResults(row.results);
    const { from } = placesOfRow(row);
    const outcome = { kind: row.outcome } as EventOutcome;
    return (place) => {
      const result = results[place - from];
      if (result === undefined) throw new TypeError(`range '${row.path}' has no result of place ${place}`);
      return doneEntry(chunk, place, outcome, result);
    };
  };
}

/** The order of lists. */
export function comparePlaces(a: ListPlace, b: ListPlace): number {
  if (a.step !== b.step) return a.step < b.step ? -1 : 1;
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.iteration - b.iteration;
}

/** A task of a list, made when it is asked for. */
export interface ListedTask {
  readonly at: ListPlace;
  readonly entry: () => TaskEntry;
}

interface Cursor {
  readonly row: AnyRange;
  readonly prefix: string;
  readonly to: number;
  readonly read: (place: number) => TaskEntry;
  place: number;
  at: ListPlace;
}

/** What to list of the ranges of one table. */
export interface RangeQuery {
  readonly step: string | undefined;
  /** Only tasks after this one. */
  readonly after: TaskKey | undefined;
}

/**
 * The tasks of a table's ranges in the order of lists. All tasks of a step have paths of one length; ranges of different
 * times round a loop may lie side by side.
 */
export function* rangeTasks(
  database: Database,
  table: RangeTable,
  run: number,
  query: RangeQuery,
): Generator<ListedTask> {
  const { after } = query;
  const last = after && { step: after.step, path: sortablePath(after.path), iteration: after.iteration };
  const cursors = cursorsOf(database, ranges(database, table, run, query));
  const open: Cursor[] = [];
  for (let upcoming = cursors.next(); ;) {
    let least = leastOf(open);
    while (
      upcoming.done !== true &&
      (least === undefined || comparePlaces(upcoming.value.at, least.at) < 0)
    ) {
      open.push(upcoming.value);
      upcoming = cursors.next();
      least = leastOf(open);
    }
    if (least === undefined) return;
    const { place, read, at } = least;
    if (last === undefined || comparePlaces(at, last) > 0) yield { at, entry: () => read(place) };
    if (!advance(least)) open.splice(open.indexOf(least), 1);
  }
}

function leastOf(open: readonly Cursor[]): Cursor | undefined {
  let least: Cursor | undefined;
  for (const one of open) if (least === undefined || comparePlaces(one.at, least.at) < 0) least = one;
  return least;
}

function advance(cursor: Cursor): boolean {
  cursor.place += 1;
  cursor.at = placeOf(cursor.row, cursor.prefix, cursor.place);
  return cursor.place < cursor.to;
}

const placeOf = ({ step, iteration }: AnyRange, prefix: string, place: number): ListPlace => ({
  step,
  path: prefix + sortablePath([place]),
  iteration,
});

function* cursorsOf(database: Database, rows: Iterable<AnyRange>): Generator<Cursor> {
  const reader = entryReader(database);
  for (const row of rows) {
    const { prefix: path, from, to } = placesOfRow(row);
    const prefix = sortablePath(path);
    yield { row, prefix, to, read: reader(row), place: from, at: placeOf(row, prefix, from) };
  }
}

/** The ranges that may have tasks after the query's, in order. */
function* ranges(
  database: Database,
  table: RangeTable,
  run: number,
  { step, after }: RangeQuery,
): Generator<AnyRange> {
  let from = beginning(after);
  for (;;) {
    const { sql, values } = rangePageQuery(table, run, step, from);
    const rows = database.all<AnyRange>(sql, ...values, rangesPerPage);
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < rangesPerPage) return;
    from = last;
  }
}

/** Before the first range that reaches beyond `after`. */
function beginning(after: TaskKey | undefined): ListPlace {
  if (after === undefined) return { step: '', path: '', iteration: -1 };
  const place = after.path.at(-1);
  const path = place === undefined ? [] : [...after.path.slice(0, -1), Math.max(0, place - longestRange + 1)];
  return { step: after.step, path: sortablePath(path), iteration: -1 };
}

/** The statement for a page of ranges after a place, but for its limit: it must seek, however late the page is. */
export function rangePageQuery(
  table: RangeTable,
  run: number,
  step: string | undefined,
  from: ListPlace,
): Query {
  const { sql, values } = laterThan(from, step);
  return {
    sql: `SELECT * FROM ${table} WHERE run = ? ${step === undefined ? '' : 'AND step = ?'} AND ${sql}
      ORDER BY step, path, iteration LIMIT ?`,
    values: [run, ...(step === undefined ? [] : [step]), ...values],
  };
}
