/** Chunks as rows, and the ranges of their tasks that have no rows of their own. */
import type { ChunkFacts } from '../chunk-events.ts';
import { pathFromSortable, sortablePath } from '../task-key.ts';
import type { Database, Value } from './database.ts';
import { pairsOf, pieces, type PlaceRange } from './place-ranges.ts';

/**
 * Most tasks of one range, so that the ranges that may reach a place are found among those which begin at most so far before
 * it.
 */
export const longestRange = 1_024;

/** What is stored of a chunk. */
export interface StoredChunk {
  readonly key: number;
  readonly facts: ChunkFacts;
  readonly job: string | undefined;
  readonly started: boolean;
}

interface ChunkRow {
  readonly key: number;
  readonly token: string;
  readonly step: string;
  readonly path: string;
  readonly iteration: number;
  readonly places: string;
  readonly attempt: number;
  readonly layer: string;
  readonly pack: string;
  readonly at: number;
  readonly job: string | null;
  readonly started: number;
}

function stored(row: ChunkRow | undefined): StoredChunk | undefined {
  if (row === undefined) return undefined;
  const { key, token, step, iteration, attempt, layer, pack, at } = row;
  const places = JSON.parse(row.places) as number[];
  const group = { step, path: pathFromSortable(row.path), iteration };
  return {
    key,
    facts: { type: 'chunk-submitted', at, group, places, attempt, layer, token, pack },
    job: row.job ?? undefined,
    started: row.started === 1,
  };
}

/** Whether a run has, or had, tasks without rows of their own. */
export function hasRanges(database: Database, run: number): boolean {
  const sql =
    'SELECT 1 FROM chunks WHERE run = ?1 UNION ALL SELECT 1 FROM reused_ranges WHERE run = ?1 LIMIT 1';
  return database.get(sql, run) !== undefined;
}

/** A chunk by its token. */
export function readChunk(database: Database, run: number, token: string): StoredChunk | undefined {
  return stored(database.get<ChunkRow>('SELECT * FROM chunks WHERE run = ? AND token = ?', run, token));
}

/** A chunk by the number under which its ranges name it. */
export function readChunkByKey(database: Database, key: number): StoredChunk | undefined {
  return stored(database.get<ChunkRow>('SELECT * FROM chunks WHERE key = ?', key));
}

/** Stores a new chunk; returns its number. */
export function insertChunk(database: Database, run: number, facts: ChunkFacts): number {
  const { token, group, places, attempt, layer, pack, at } = facts;
  const row = database.get<{ key: number }>(
    `INSERT INTO chunks (run, token, step, path, iteration, places, attempt, layer, pack, at, started)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) RETURNING key`,
    run,
    token,
    group.step,
    sortablePath(group.path),
    group.iteration,
    JSON.stringify(places),
    attempt,
    layer,
    pack,
    at,
  );
  return row?.key ?? 0;
}

/** Stores what has become known of a chunk. */
export function updateChunk(database: Database, { key, job, started }: Omit<StoredChunk, 'facts'>): void {
  const sql = 'UPDATE chunks SET job = ?, started = ? WHERE key = ?';
  database.run(sql, job ?? null, started ? 1 : 0, key);
}

/** The tables of ranges; the last one is of no chunks. */
export type RangeTable = 'open_ranges' | 'done_ranges' | 'reused_ranges';

/** What is stored of every range. */
export interface RangeRow {
  readonly step: string;
  /** Of the first task. */
  readonly path: string;
  readonly iteration: number;
  readonly count: number;
}

/** A range of a chunk's tasks; `outcome` and `results` of `done_ranges` only. */
export interface ChunkRange extends RangeRow {
  readonly chunk: number;
  readonly outcome?: string;
  readonly results?: Uint8Array;
}

/** The foreach of a range and its places. */
export function placesOfRow({ path, count }: RangeRow): PlaceRange & { readonly prefix: readonly number[] } {
  const first = pathFromSortable(path);
  const from = first.at(-1) ?? 0;
  return { prefix: first.slice(0, -1), from, to: from + count };
}

type Group = ChunkFacts['group'];

/** Neighbouring places of one foreach of a run. */
export interface GroupSpan extends PlaceRange {
  readonly run: number;
  readonly group: Group;
}

/** The ranges of a table that have places in common with a span. */
export function overlapping<Row extends RangeRow>(
  database: Database,
  table: RangeTable,
  span: GroupSpan,
): Row[] {
  const { from, group } = span;
  const select = `SELECT * FROM ${table} WHERE run = ? AND step = ? AND path >= ? AND path <= ? AND iteration = ?`;
  // Ranges have no task in common: of those that begin before the span, only the last can reach into it.
  const before = { ...span, from: from - longestRange + 1, to: from };
  const rows = database.all<Row>(select, ...bounds(span));
  if (from > 0) rows.push(...database.all<Row>(`${select} ORDER BY path DESC LIMIT 1`, ...bounds(before)));
  return rows.filter((row) => {
    const places = placesOfRow(row);
    return places.prefix.length === group.path.length && places.to > from;
  });
}

function bounds({ run, group: { step, path, iteration }, from, to }: GroupSpan): Value[] {
  const at = (place: number): string => sortablePath([...path, place]);
  return [run, step, at(Math.max(0, from)), at(to - 1), iteration];
}

/** The places of a span whose tasks have rows of their own. */
export function placesWithRows(database: Database, span: GroupSpan): number[] {
  const sql =
    'SELECT path FROM tasks WHERE run = ? AND step = ? AND path >= ? AND path <= ? AND iteration = ?';
  return database
    .all<{ path: string }>(sql, ...bounds(span))
    .map(({ path }) => pathFromSortable(path))
    .filter((path) => path.length === span.group.path.length + 1)
    .map((path) => path.at(-1) ?? 0);
}

const rangeKey = 'run = ? AND step = ? AND path = ? AND iteration = ?';

/** Stores the open places of a chunk; `before` is what was stored last. */
export function writeOpenRanges(
  database: Database,
  run: number,
  { key, facts: { group } }: StoredChunk,
  {
    before,
    now,
  }: { readonly before: ReadonlyMap<number, number>; readonly now: ReadonlyMap<number, number> },
): void {
  const keyOf = (first: number): [number, string, string, number] => [
    run,
    group.step,
    sortablePath([...group.path, first]),
    group.iteration,
  ];
  for (const first of before.keys()) {
    if (!now.has(first)) database.run(`DELETE FROM open_ranges WHERE ${rangeKey}`, ...keyOf(first));
  }
  const sql = `INSERT INTO open_ranges (run, step, path, iteration, count, chunk) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = excluded.count, chunk = excluded.chunk`;
  for (const [first, count] of now) {
    if (before.get(first) !== count) database.run(sql, ...keyOf(first), count, key);
  }
}

/** A set of places as stored ranges: first place and number of places. */
export function storedRanges(set: readonly number[]): Map<number, number> {
  const all = pairsOf(set).flatMap((range) => pieces(range, longestRange));
  return new Map(all.map(({ from, to }) => [from, to - from]));
}

/** Stores results of neighbours, at most {@link longestRange} of them. */
export function insertDoneRange(
  database: Database,
  run: number,
  { key, facts: { group } }: StoredChunk,
  range: PlaceRange & { readonly outcome: string; readonly results: Uint8Array },
): void {
  database.run(
    `INSERT INTO done_ranges (run, step, path, iteration, count, chunk, outcome, results)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    run,
    group.step,
    sortablePath([...group.path, range.from]),
    group.iteration,
    range.to - range.from,
    key,
    range.outcome,
    range.results,
  );
}
