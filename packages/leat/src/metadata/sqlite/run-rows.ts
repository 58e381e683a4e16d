/** Runs as rows: conversions and the queries that list them. */
import type { NewRun, RunQuery, RunRecord } from '../metadata-store.ts';
import type { RunStatus } from '../events.ts';
import { userOfSystemTag } from '../tags.ts';
import type { Database, Value } from './database.ts';

interface RunRow {
  readonly key: number;
  readonly flow: string;
  readonly id: number;
  readonly namespace: string;
  readonly user: string;
  readonly status: RunStatus;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly package: string;
  readonly datastore: string;
  readonly parameters_key: string;
  readonly origin_run: string | null;
  readonly resume_from: string | null;
  readonly command: string | null;
  readonly parameters: string;
  readonly plan: string;
  readonly owner: string | null;
  readonly epoch: number;
  readonly until: number;
  readonly last_seq: number;
  readonly tags: string | null;
}

const select = `
  SELECT runs.*, owner, epoch, until, last_seq,
    (SELECT json_group_array(tag) FROM (SELECT tag FROM tags WHERE tags.run = runs.key ORDER BY tag)) AS tags
  FROM runs JOIN leases ON leases.run = runs.key`;

/** A run's number in this database, or `undefined`. */
export function runKey(database: Database, flow: string, id: string): number | undefined {
  const number = /^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0;
  return database.get<{ key: number }>('SELECT key FROM runs WHERE flow = ? AND id = ?', flow, number)?.key;
}

/** One run whole. */
export function readRun(database: Database, key: number): RunRecord | undefined {
  const row = database.get<RunRow>(`${select} WHERE runs.key = ?`, key);
  return row === undefined ? undefined : runRecord(row);
}

function runRecord(row: RunRow): RunRecord {
  return {
    flow: row.flow,
    id: String(row.id),
    namespace: row.namespace,
    user: row.user,
    tags: JSON.parse(row.tags ?? '[]') as string[],
    status: row.status,
    createdAt: row.created_at,
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    package: row.package,
    datastore: row.datastore,
    parametersKey: row.parameters_key,
    parameters: JSON.parse(row.parameters) as Record<string, unknown>,
    plan: JSON.parse(row.plan) as unknown,
    ...(row.origin_run === null ? {} : { originRun: row.origin_run }),
    ...(row.resume_from === null ? {} : { resumeFrom: row.resume_from }),
    ...(row.command === null ? {} : { command: row.command }),
    lastSeq: row.last_seq,
    ...(row.owner === null ? {} : { lease: { owner: row.owner, epoch: row.epoch, until: row.until } }),
  };
}

/** Stores a new run under the next id of its flow; returns its number in this database. Within a transaction. */
export function insertRun(database: Database, run: NewRun): number {
  const next = database.get<{ last_run: number }>(
    `INSERT INTO flows (flow, last_run) VALUES (?, 1)
     ON CONFLICT (flow) DO UPDATE SET last_run = last_run + 1 RETURNING last_run`,
    run.flow,
  );
  const inserted = database.get<{ key: number }>(
    `INSERT INTO runs (flow, id, namespace, user, status, created_at, package, datastore, parameters_key,
       origin_run, resume_from, command, parameters, plan)
     VALUES (?, ?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING key`,
    run.flow,
    next?.last_run ?? 1,
    run.namespace,
    run.user,
    run.createdAt,
    run.package,
    run.datastore,
    run.parametersKey,
    run.originRun ?? null,
    run.resumeFrom ?? null,
    run.command ?? null,
    JSON.stringify(run.parameters),
    JSON.stringify(run.plan ?? null),
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
