/** Tasks, attempts and counts as rows: conversions and the queries that read them. */
import {
  type AttemptRecord,
  parseTaskKey,
  pathFromSortable,
  sortablePath,
  type StepCounts,
  type TaskKey,
  type TaskQuery,
  type TaskRecord,
  type TaskStatus,
} from 'leat/metadata';
import type { Statements, Value } from './database.ts';

/** A task with its newest attempt (none when `resume` took the task over). */
export interface TaskEntry {
  readonly task: TaskRecord;
  readonly newest: AttemptRecord | undefined;
}

/** A row of `tasks`, as it is read and sent. */
export interface TaskRow {
  readonly step: string;
  readonly path: string;
  readonly iteration: number;
  readonly status: TaskStatus;
  readonly attempts: number;
  readonly decided_by?: number | null;
  readonly manifest?: string | null;
  readonly outcome?: string | null;
  readonly created_at: number;
  readonly started_at?: number | null;
  readonly ended_at?: number | null;
  readonly failure?: string | null;
  readonly caught: boolean;
  readonly origin_run?: string | null;
  readonly attempt?: string | null;
}

type StoredAttempt = Omit<AttemptRecord, 'task'>;

/** The columns of {@link TaskRow}, with `ended_seq`, which orders failures of the same millisecond. */
export const taskColumns = `step text, path text, iteration integer, status text, attempts integer, decided_by integer,
  manifest text, outcome text, created_at double precision, started_at double precision, ended_at double precision,
  ended_seq bigint, failure text, caught boolean, origin_run text, attempt text`;

/** Tasks named by a list, each sought by its key however many there are. */
const soughtTasks = `
  FROM unnest($2::text[], $3::text[], $4::integer[]) AS wanted (step, path, iteration)
  CROSS JOIN LATERAL (
    SELECT * FROM leat.tasks WHERE tasks.run = $1 AND tasks.step = wanted.step AND tasks.path = wanted.path
      AND tasks.iteration = wanted.iteration LIMIT 1
  ) AS found`;

function addressOf(step: string, path: readonly number[], iteration: number): string {
  return `${step}${path.length > 0 ? `[${path.join(',')}]` : ''}${iteration > 0 ? `~${iteration}` : ''}`;
}

/** `undefined` for what a database calls null. */
const known = <T>(value: T | null | undefined): T | undefined => value ?? undefined;

function entryOf(row: TaskRow): TaskEntry {
  const path = pathFromSortable(row.path);
  const { step, iteration, status, attempts, caught } = row;
  const outcome = known(row.outcome);
  const failure = known(row.failure);
  const attempt = known(row.attempt);
  const task = withoutUndefined<TaskRecord>({
    task: addressOf(step, path, iteration),
    step,
    path,
    iteration,
    status,
    attempts,
    createdAt: row.created_at,
    caught,
    decidedBy: known(row.decided_by),
    manifest: known(row.manifest),
    outcome: outcome === undefined ? undefined : (JSON.parse(outcome) as TaskRecord['outcome']),
    startedAt: known(row.started_at),
    endedAt: known(row.ended_at),
    failure: failure === undefined ? undefined : (JSON.parse(failure) as TaskRecord['failure']),
    originRun: known(row.origin_run),
  });
  return { task, newest: attempt === undefined ? undefined : attemptOf(task.task, attempt) };
}

type OrUndefined<T> = { readonly [Key in keyof T]: T[Key] | undefined };

/** A record has no fields that say nothing. */
function withoutUndefined<T extends object>(fields: OrUndefined<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

/** A task as it is sent; what is `undefined` is not sent, and becomes null there. */
export function taskRow(
  { task, newest }: TaskEntry,
  endedSeq: number,
): TaskRow & { readonly ended_seq: number } {
  const { outcome, failure } = task;
  return {
    step: task.step,
    path: sortablePath(task.path),
    iteration: task.iteration,
    status: task.status,
    attempts: task.attempts,
    decided_by: task.decidedBy,
    manifest: task.manifest,
    outcome: outcome && JSON.stringify(outcome),
    created_at: task.createdAt,
    started_at: task.startedAt,
    ended_at: task.endedAt,
    ended_seq: endedSeq,
    failure: failure && JSON.stringify(failure),
    caught: task.caught,
    origin_run: task.originRun,
    attempt: newest && attemptText(newest),
  } as TaskRow & { readonly ended_seq: number };
}

function attemptOf(task: string, text: string): AttemptRecord {
  return { task, ...(JSON.parse(text) as StoredAttempt) };
}

/** An attempt as its row holds it. */
export function attemptText({ task: _task, ...stored }: AttemptRecord): string {
  return JSON.stringify(stored);
}

/** Tasks by their addresses; those that are not there are missing from what is returned. */
export async function readTasks(
  statements: Statements,
  run: number,
  addresses: readonly string[],
): Promise<TaskEntry[]> {
  const keys = addresses.map((address) => parseTaskKey(address)).filter((key) => key !== undefined);
  if (keys.length === 0) return [];
  const rows = await statements.all<TaskRow>(`SELECT found.* ${soughtTasks}`, run, ...columnsOf(keys));
  return rows.map(entryOf);
}

function columnsOf(keys: readonly TaskKey[]): [string[], string[], number[]] {
  return [
    keys.map(({ step }) => step),
    keys.map(({ path }) => sortablePath(path)),
    keys.map(({ iteration }) => iteration),
  ];
}

/** All attempts of some tasks that are not the newest of their task, with whose they are. */
export async function readOlderAttempts(
  statements: Statements,
  run: number,
  tasks: readonly TaskRecord[],
): Promise<AttemptRecord[]> {
  if (tasks.length === 0) return [];
  const sql = `
    SELECT attempts.step, attempts.path, attempts.iteration, attempt
    FROM unnest($2::text[], $3::text[], $4::integer[]) AS wanted (step, path, iteration)
    CROSS JOIN LATERAL (
      SELECT * FROM leat.attempts WHERE attempts.run = $1 AND attempts.step = wanted.step
        AND attempts.path = wanted.path AND attempts.iteration = wanted.iteration ORDER BY number OFFSET 0
    ) AS attempts`;
  const rows = await statements.all<{ step: string; path: string; iteration: number; attempt: string }>(
    sql,
    run,
    ...columnsOf(tasks),
  );
  return rows.map(({ step, path, iteration, attempt }) =>
    attemptOf(addressOf(step, pathFromSortable(path), iteration), attempt),
  );
}

/** All attempts of a task, by number. */
export async function listAttempts(
  statements: Statements,
  run: number,
  address: string,
): Promise<AttemptRecord[]> {
  const [found] = await readTasks(statements, run, [address]);
  if (found === undefined) return [];
  const older = await readOlderAttempts(statements, run, [found.task]);
  return found.newest === undefined
    ? older
    : [...older, found.newest].toSorted((a, b) => a.attempt - b.attempt);
}

/** A statement with its values. */
export interface Query {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** The statement for a page of tasks. Every form of it can seek, so that a late page costs what the first one does. */
export function taskPageQuery(run: number, { step, status, after, limit = 1000 }: TaskQuery): Query {
  const values: Value[] = [run];
  const add = (value: Value): string => `$${values.push(value)}`;
  const conditions = ['run = $1'];
  if (status !== undefined) conditions.push(`status = ${add(status)}`);
  // Said as the index says it: without its words the planner does not see that the index holds all of these.
  if (status !== undefined && status !== 'succeeded') conditions.push(`status <> 'succeeded'`);
  if (step !== undefined) conditions.push(`step = ${add(step)}`);
  const key = after === undefined ? undefined : parseTaskKey(after);
  if (key !== undefined) {
    const place = [add(key.step), add(sortablePath(key.path)), add(key.iteration)].join(', ');
    conditions.push(`(step, path, iteration) > (${place})`);
  }
  return {
    sql: `SELECT * FROM leat.tasks WHERE ${conditions.join(' AND ')} ORDER BY step, path, iteration LIMIT ${add(limit)}`,
    values,
  };
}

/** A page of tasks in the order of step, path, iteration. */
export async function listTasks(
  statements: Statements,
  run: number,
  query: TaskQuery,
): Promise<TaskRecord[]> {
  const { sql, values } = taskPageQuery(run, query);
  return (await statements.all<TaskRow>(sql, ...values)).map((row) => entryOf(row).task);
}

/** Tasks of a run that are not decided yet, at most `limit`. */
export async function listOpenTasks(
  statements: Statements,
  run: number,
  limit: number,
): Promise<TaskEntry[]> {
  const sql = `SELECT * FROM leat.tasks WHERE run = $1 AND status <> 'succeeded'
    AND status IN ('submitted', 'queued', 'starting', 'running', 'waiting-retry') LIMIT $2`;
  return (await statements.all<TaskRow>(sql, run, limit)).map(entryOf);
}

/** Failed tasks, the first failure first. */
export async function listFailures(
  statements: Statements,
  run: number,
  limit: number,
): Promise<TaskRecord[]> {
  const sql = `SELECT * FROM leat.tasks WHERE run = $1 AND status = 'failed' ORDER BY ended_at, ended_seq LIMIT $2`;
  return (await statements.all<TaskRow>(sql, run, limit)).map((row) => entryOf(row).task);
}

/** The counts of steps that have tasks, by step name: of all steps, or of those that are told. */
export async function listCounts(
  statements: Statements,
  run: number,
  steps?: readonly string[],
): Promise<StepCounts[]> {
  const some = steps === undefined ? '' : ' AND step = ANY ($2::text[])';
  const rows = await statements.all<{ counts: string }>(
    `SELECT counts FROM leat.step_counts WHERE run = $1${some} ORDER BY step`,
    run,
    ...(steps === undefined ? [] : [steps]),
  );
  return rows.map((row) => JSON.parse(row.counts) as StepCounts);
}
