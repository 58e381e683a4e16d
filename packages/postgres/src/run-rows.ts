/** Runs as rows: conversions and the queries that list them. */
import {
  type NewRun,
  newRunColumns,
  newRunValues,
  runNumber,
  runOfRow,
  type RunQuery,
  type RunRecord,
  type StoredRun,
  userOfSystemTag,
} from 'leat/metadata';
import type { Statements, Value } from './database.ts';
import { type ServerClock, serverNow } from './server-clock.ts';

interface RunRow extends StoredRun {
  readonly key: number;
  readonly user_name: string;
  /** By the clock of the server, which says what that is now. */
  readonly until: number;
  readonly server_now: number;
  readonly tags: readonly string[];
}

const select = `
  SELECT runs.*, owner, epoch, until, last_seq, ${serverNow} AS server_now,
    ARRAY(SELECT tag FROM leat.tags WHERE tags.run = runs.key ORDER BY tag) AS tags
  FROM leat.runs JOIN leat.leases ON leases.run = runs.key`;

/** A run's number in this schema, or `undefined`. */
export async function runKey(statements: Statements, flow: string, id: string): Promise<number | undefined> {
  const sql = 'SELECT key FROM leat.runs WHERE flow = $1 AND id = $2';
  return (await statements.get<{ key: number }>(sql, flow, runNumber(id)))?.key;
}

/** One run whole. */
export async function readRun(
  statements: Statements,
  clock: ServerClock,
  flow: string,
  id: string,
): Promise<RunRecord | undefined> {
  const row = await statements.get<RunRow>(
    `${select} WHERE runs.flow = $1 AND runs.id = $2`,
    flow,
    runNumber(id),
  );
  return row === undefined ? undefined : runRecord(row, clock);
}

/** Runs by their numbers. */
export async function readRuns(
  statements: Statements,
  clock: ServerClock,
  keys: readonly number[],
): Promise<ReadonlyMap<number, RunRecord>> {
  const rows = await statements.all<RunRow>(`${select} WHERE runs.key = ANY ($1::bigint[])`, keys);
  return new Map(rows.map((row) => [row.key, runRecord(row, clock)]));
}

const runRecord = (row: RunRow, clock: ServerClock): RunRecord =>
  runOfRow(row, {
    user: row.user_name,
    tags: row.tags,
    until: clock.toLocal(row.until, row.server_now),
  });

/** The lease that a new run begins with. */
export interface FirstLease {
  readonly owner: string;
  readonly leaseMs: number;
  /** A UUID of the call: made again with it, the call finds the run that it made. */
  readonly request: string;
}

/**
 * Stores a new run under the next id of its flow, with its tags and its lease, in one statement, which is a transaction.
 * Returns its number in this schema.
 */
export async function insertRun(
  statements: Statements,
  run: NewRun,
  { owner, leaseMs, request }: FirstLease,
): Promise<number> {
  const sql = `
    WITH known AS (SELECT key FROM leat.runs WHERE request = $1::uuid),
    numbered AS (
      INSERT INTO leat.flows (flow, last_run) SELECT $2, 1 WHERE NOT EXISTS (SELECT FROM known)
      ON CONFLICT (flow) DO UPDATE SET last_run = flows.last_run + 1 RETURNING last_run
    ),
    created AS (
      INSERT INTO leat.runs (request, flow, id, status, ${newRunColumns('user_name')})
      SELECT $1::uuid, $2, last_run, 'running', $3, $4, $5::double precision, $6, $7, $8, $9, $10, $11, $12, $13
      FROM numbered RETURNING key
    ),
    leased AS (
      INSERT INTO leat.leases (run, owner, epoch, until, last_seq, taken_by, written_by)
      SELECT key, $14, 1, ${serverNow} + $15::double precision, 0, $1::uuid, $1::uuid FROM created
    ),
    tagged AS (
      INSERT INTO leat.tags (run, tag) SELECT DISTINCT key, tag FROM created, unnest($16::text[]) AS given (tag)
    )
    SELECT key FROM created UNION ALL SELECT key FROM known`;
  const row = await statements.get<{ key: number }>(
    sql,
    request,
    run.flow,
    ...newRunValues(run),
    owner,
    leaseMs,
    run.tags,
  );
  if (row === undefined) throw new TypeError('a run that was just stored is not there');
  return row.key;
}

/** Collects the values of a statement while its text is written. */
class Values {
  readonly all: Value[] = [];

  /** `$1` for the first. */
  add(value: Value): string {
    return `$${this.all.push(value)}`;
  }
}

/** Runs that fit a query, newest first. */
export async function listRuns(
  statements: Statements,
  clock: ServerClock,
  query: RunQuery,
): Promise<RunRecord[]> {
  const values = new Values();
  const conditions = [
    ...equal(values, 'flow', query.flow),
    ...equal(values, 'namespace', query.namespace),
    ...equal(values, 'status', query.status),
    ...equal(values, 'datastore', query.datastore),
    ...(query.tags ?? []).flatMap((tag) => tagged(values, tag)),
    ...olderThan(values, query.before),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const sql = `${select}${where} ORDER BY runs.key DESC LIMIT ${values.add(query.limit ?? 100)}`;
  return (await statements.all<RunRow>(sql, ...values.all)).map((row) => runRecord(row, clock));
}

type Compared = 'flow' | 'namespace' | 'status' | 'datastore' | 'user_name';

function equal(values: Values, column: Compared, value: string | undefined): string[] {
  return value === undefined ? [] : [`runs.${column} = ${values.add(value)}`];
}

function tagged(values: Values, tag: string): string[] {
  const user = userOfSystemTag(tag);
  if (user !== undefined) return equal(values, 'user_name', user);
  return [`EXISTS (SELECT FROM leat.tags WHERE tags.run = runs.key AND tag = ${values.add(tag)})`];
}

/** The run that a page ended with may have been removed since: then those of its flow that are older than it was. */
function olderThan(values: Values, before: RunQuery['before']): string[] {
  if (before === undefined) return [];
  const [flow, id] = [values.add(before.flow), values.add(runNumber(before.id))];
  return [
    `runs.key < coalesce(
      (SELECT key FROM leat.runs AS here WHERE here.flow = ${flow} AND here.id = ${id}),
      (SELECT key + 1 FROM leat.runs AS older WHERE older.flow = ${flow} AND older.id < ${id} ORDER BY older.id DESC LIMIT 1),
      0)`,
  ];
}

/** Flows with their number of runs and their newest run, by name. */
export async function listFlows(
  statements: Statements,
  clock: ServerClock,
  namespace: string | undefined,
): Promise<{ readonly flow: string; readonly runs: number; readonly latest: RunRecord }[]> {
  const condition = namespace === undefined ? '' : 'WHERE namespace = $1';
  const rows = await statements.all<{ flow: string; runs: number; latest: number }>(
    `SELECT flow, count(*) AS runs, max(key) AS latest FROM leat.runs ${condition} GROUP BY flow ORDER BY flow`,
    ...(namespace === undefined ? [] : [namespace]),
  );
  const newest = await readRuns(
    statements,
    clock,
    rows.map(({ latest }) => latest),
  );
  return rows.flatMap(({ flow, runs, latest }) => {
    const record = newest.get(latest);
    return record === undefined ? [] : [{ flow, runs, latest: record }];
  });
}
