/** Runs as rows: conversions and the queries that list them. */
import { type NewRun, type RunQuery, type RunRecord, userOfSystemTag } from 'leat/metadata';
import type { Statements, Value } from './database.ts';
import { type ServerClock, serverNow } from './server-clock.ts';

interface RunRow {
  readonly key: number;
  readonly flow: string;
  readonly id: number;
  readonly namespace: string;
  readonly user_name: string;
  readonly status: RunRecord['status'];
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
  readonly tags: readonly string[];
  readonly server_now: number;
}

const select = `
  SELECT runs.*, owner, epoch, until, last_seq, ${serverNow} AS server_now,
    ARRAY(SELECT tag FROM leat.tags WHERE tags.run = runs.key ORDER BY tag) AS tags
  FROM leat.runs JOIN leat.leases ON leases.run = runs.key`;

/** The number of a run's id; 0, which no run has, for what is no id. */
export const idNumber = (id: string): number => (/^[1-9]\d{0,14}$/.test(id) ? Number(id) : 0);

/** A run's number in this schema, or `undefined`. */
export async function runKey(statements: Statements, flow: string, id: string): Promise<number | undefined> {
  const sql = 'SELECT key FROM leat.runs WHERE flow = $1 AND id = $2';
  return (await statements.get<{ key: number }>(sql, flow, idNumber(id)))?.key;
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
    idNumber(id),
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

function runRecord(row: RunRow, clock: ServerClock): RunRecord {
  const until = clock.toLocal(row.until, row.server_now);
  return {
    flow: row.flow,
    id: String(row.id),
    namespace: row.namespace,
    user: row.user_name,
    tags: row.tags,
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
    ...(row.owner === null ? {} : { lease: { owner: row.owner, epoch: row.epoch, until } }),
  };
}

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
      INSERT INTO leat.runs (request, flow, id, namespace, user_name, status, created_at, package, datastore,
        parameters_key, origin_run, resume_from, command, parameters, plan)
      SELECT $1::uuid, $2, last_run, $3, $4, 'running', $5::double precision, $6, $7, $8, $9, $10, $11, $12, $13
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
    run.namespace,
    run.user,
    run.createdAt,
    run.package,
    run.datastore,
    run.parametersKey,
    run.originRun,
    run.resumeFrom,
    run.command,
    JSON.stringify(run.parameters),
    JSON.stringify(run.plan ?? null),
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
  const [flow, id] = [values.add(before.flow), values.add(idNumber(before.id))];
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
