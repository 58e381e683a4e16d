/** Runs as rows: conversions and the queries that list them. */
import type { NewRun, RunQuery, RunRecord } from '../metadata-store.ts';
import { newRunColumns, newRunValues, runNumber, runOfRow, type StoredRun } from '../stored-run.ts';
import { userOfSystemTag } from '../tags.ts';
import type { Database, Value } from './database.ts';

interface RunRow extends StoredRun {
  readonly key: number;
  readonly user: string;
  readonly until: number;
  readonly tags: string | null;
}

const select = `
  SELECT runs.*, owner, epoch, until, last_seq,
    (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE tags.run = runs.key ORDER BY tag)) AS tags
  FROM runs JOIN leases ON leases.run = runs.key`;

/** A run's number in this database, or `undefined`. */
export function runKey(database: Database, flow: string, id: string): number | undefined {
  const sql = 'SELECT key FROM runs WHERE flow = ? AND id = ?';
  return database.get<{ key: number }>(sql, flow, runNumber(id))?.key;
}

/** One run whole. */
export function readRun(database: Database, key: number): RunRecord | undefined {
  const row = database.get<RunRow>(`${select} WHERE runs.key = ?`, key);
  return row === undefined ? undefined : runRecord(row);
}

const runRecord = (row: RunRow): RunRecord =>
  runOfRow(row, { user: row.user, tags: JSON.parse(row.tags ?? '[]') as string[], until: row.until });

/** Stores a new run under the next id of its flow; returns its number in this database. Within a transaction. */
export function insertRun(database: Database, run: NewRun): number {
  const next = database.get<{ last_run: number }>(
    `INSERT INTO flows (flow, last_run) VALUES (?, 1)
     ON CONFLICT (flow) DO UPDATE SET last_run = last_run + 1 RETURNING last_run`,
    run.flow,
  );
  const values = newRunValues(run).map((value) => value ?? null);
  const inserted = database.get<{ key: number }>(
    `INSERT INTO runs (flow, id, status, ${newRunColumns('user')})
     VALUES (?, ?, 'running', ${values.map(() => '?').join(', ')}) RETURNING key`,
    run.flow,
    next?.last_run ?? 1,
    ...values,
  );
  const key = inserted?.key ?? 0;
  for (const tag of run.tags) database.run('INSERT OR IGNORE INTO tags (run, tag) VALUES (?, ?)', key, tag);
  return key;
}

interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Runs that fit a query, newest first. */
export function listRuns(database: Database, query: RunQuery): RunRecord[] {
  const conditions: Condition[] = [
    ...equal('flow', query.flow),
    ...equal('namespace', query.namespace),
    ...equal('status', query.status),
    ...equal('datastore', query.datastore),
    ...(query.tags ?? []).flatMap(tagged),
    ...olderThan(database, query.before),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
  const sql = `${select}${where} ORDER BY runs.key DESC LIMIT ?`;
  const values = conditions.flatMap((condition) => condition.values);
  return database.all<RunRow>(sql, ...values, query.limit ?? 100).map(runRecord);
}

function equal(
  column: 'flow' | 'namespace' | 'status' | 'datastore' | 'user',
  value: string | undefined,
): Condition[] {
  return value === undefined ? [] : [{ sql: `runs.${column} = ?`, values: [value] }];
}

function tagged(tag: string): Condition[] {
  const user = userOfSystemTag(tag);
  if (user !== undefined) return equal('user', user);
  return [{ sql: 'EXISTS (SELECT 1 FROM tags WHERE tags.run = runs.key AND tag = ?)', values: [tag] }];
}

/** The run that a page ended with may have been removed since: then those of its flow that are older than it was. */
function olderThan(database: Database, before: RunQuery['before']): Condition[] {
  if (before === undefined) return [];
  const here = runKey(database, before.flow, before.id);
  if (here !== undefined) return [{ sql: 'runs.key < ?', values: [here] }];
  const sql = 'SELECT key FROM runs WHERE flow = ? AND id < ? ORDER BY id DESC LIMIT 1';
  const older = database.get<{ key: number }>(sql, before.flow, Number(before.id))?.key ?? 0;
  return [{ sql: 'runs.key <= ?', values: [older] }];
}

/** Flows with their number of runs and their newest run, by name. */
export function listFlows(
  database: Database,
  namespace: string | undefined,
): { readonly flow: string; readonly runs: number; readonly latest: RunRecord }[] {
  const condition = namespace === undefined ? '' : 'WHERE namespace = ?';
  const rows = database.all<{ flow: string; runs: number; latest: number }>(
    `SELECT flow, count(*) AS runs, max(key) AS latest FROM runs ${condition} GROUP BY flow ORDER BY flow`,
    ...(namespace === undefined ? [] : [namespace]),
  );
  return rows.flatMap(({ flow, runs, latest }) => {
    const record = readRun(database, latest);
    return record === undefined ? [] : [{ flow, runs, latest: record }];
  });
}
