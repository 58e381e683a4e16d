/** Tasks, attempts and counts as rows: conversions and the queries that read them. */
import {
  type AttemptRecord,
  attemptOfText,
  formatTaskKey,
  parseTaskKey,
  pathFromSortable,
  sortablePath,
  type StepCounts,
  type StoredTask,
  type TaskEntry,
  type TaskKey,
  taskOfRow,
  type TaskQuery,
  type TaskRecord,
} from 'leat/metadata';
import type { Statements, Value } from './database.ts';

/** The columns of a task's row, with `ended_seq`, which orders failures of the same millisecond. */
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

/** Tasks by their addresses; those that are not there are missing from what is returned. */
export async function readTasks(
  statements: Statements,
  run: number,
  addresses: readonly string[],
): Promise<TaskEntry[]> {
  const keys = addresses.map((address) => parseTaskKey(address)).filter((key) => key !== undefined);
  if (keys.length === 0) return [];
  const rows = await statements.all<StoredTask>(`SELECT found.* ${soughtTasks}`, run, ...columnsOf(keys));
  return rows.map(taskOfRow);
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
    attemptOfText(formatTaskKey({ step, path: pathFromSortable(path), iteration }), attempt),
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
  return (await statements.all<StoredTask>(sql, ...values)).map((row) => taskOfRow(row).task);
}

/** Tasks of a run that are not decided yet, at most `limit`. */
export async function listOpenTasks(
  statements: Statements,
  run: number,
  limit: number,
): Promise<TaskEntry[]> {
  const sql = `SELECT * FROM leat.tasks WHERE run = $1 AND status <> 'succeeded'
    AND status IN ('submitted', 'queued', 'starting', 'running', 'waiting-retry') LIMIT $2`;
  return (await statements.all<StoredTask>(sql, run, limit)).map(taskOfRow);
}

/** Failed tasks, the first failure first. */
export async function listFailures(
  statements: Statements,
  run: number,
  limit: number,
): Promise<TaskRecord[]> {
  const sql = `SELECT * FROM leat.tasks WHERE run = $1 AND status = 'failed' ORDER BY ended_at, ended_seq LIMIT $2`;
  return (await statements.all<StoredTask>(sql, run, limit)).map((row) => taskOfRow(row).task);
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
