/** Tasks, attempts and counts as rows: conversions and the queries that list them. */
import type { AttemptRecord, StepCounts, TaskQuery, TaskRecord } from '../metadata-store.ts';
import {
  attemptOfText,
  rowOfTask,
  type StoredTask,
  type TaskEntry,
  taskOfRow,
  textOfAttempt,
} from '../stored-task.ts';
import { parseTaskKey, sortablePath, type TaskKey } from '../task-key.ts';
import type { Database, Value } from './database.ts';

const key = 'run = ? AND step = ? AND path = ? AND iteration = ?';

const keyValues = (run: number, { step, path, iteration }: TaskKey): [number, string, string, number] => [
  run,
  step,
  sortablePath(path),
  iteration,
];

/** A task that has a row of its own, or `undefined`. */
export function readTaskRow(database: Database, run: number, address: string): TaskEntry | undefined {
  const parsed = parseTaskKey(address);
  if (parsed === undefined) return undefined;
  const row = database.get<StoredTask>(`SELECT * FROM tasks WHERE ${key}`, ...keyValues(run, parsed));
  return row === undefined ? undefined : taskOfRow(row);
}

/** Stores a task and its newest attempt. `endedSeq` orders failures of the same millisecond. */
export function writeTask(database: Database, run: number, entry: TaskEntry, endedSeq: number): void {
  const row = rowOfTask(entry);
  database.run(
    `INSERT INTO tasks (run, step, path, iteration, status, attempts, decided_by, manifest, outcome, created_at,
       started_at, ended_at, ended_seq, failure, caught, origin_run, attempt)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET status = excluded.status, attempts = excluded.attempts,
       decided_by = excluded.decided_by, manifest = excluded.manifest, outcome = excluded.outcome,
       started_at = excluded.started_at,
       ended_seq = CASE WHEN ended_at IS excluded.ended_at THEN ended_seq ELSE excluded.ended_seq END,
       ended_at = excluded.ended_at, failure = excluded.failure, caught = excluded.caught,
       origin_run = excluded.origin_run, attempt = excluded.attempt`,
    ...keyValues(run, entry.task),
    entry.task.status,
    entry.task.attempts,
    row.decided_by ?? null,
    row.manifest ?? null,
    row.outcome ?? null,
    entry.task.createdAt,
    row.started_at ?? null,
    row.ended_at ?? null,
    endedSeq,
    row.failure ?? null,
    Number(row.caught),
    row.origin_run ?? null,
    row.attempt ?? null,
  );
}

/** An attempt that is not the newest of its task, or `undefined`. */
export function readOlderAttempt(
  database: Database,
  run: number,
  task: TaskRecord,
  number: number,
): AttemptRecord | undefined {
  const sql = `SELECT attempt FROM attempts WHERE ${key} AND number = ?`;
  const row = database.get<{ attempt: string }>(sql, ...keyValues(run, task), number);
  return row === undefined ? undefined : attemptOfText(task.task, row.attempt);
}

/** Stores an attempt that is not, or no longer, the newest of its task. */
export function writeOlderAttempt(
  database: Database,
  run: number,
  task: TaskRecord,
  older: AttemptRecord,
): void {
  database.run(
    `INSERT INTO attempts (run, step, path, iteration, number, attempt) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET attempt = excluded.attempt`,
    ...keyValues(run, task),
    older.attempt,
    textOfAttempt(older),
  );
}

/** The attempts of a task before its newest one, by number. */
export function listOlderAttempts(database: Database, run: number, task: TaskRecord): AttemptRecord[] {
  const rows = database.all<{ attempt: string }>(
    `SELECT attempt FROM attempts WHERE ${key} ORDER BY number`,
    ...keyValues(run, task),
  );
  return rows.map((row) => attemptOfText(task.task, row.attempt));
}

/** Where a task stands in a list. */
export interface ListPlace {
  readonly step: string;
  /** See `sortablePath`. */
  readonly path: string;
  readonly iteration: number;
}

/** A statement with its values. */
export interface Query {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** The statement for a page of tasks. Every form of it must seek, so that a late page costs what the first one does. */
export function taskPageQuery(run: number, query: TaskQuery): Query {
  // Told which index to take: SQLite would walk all tasks in their order to spare the sort of a few.
  const rare = query.status !== undefined && query.status !== 'succeeded';
  const conditions: Query[] = [
    { sql: 'run = ?', values: [run] },
    ...(rare ? [{ sql: `status <> 'succeeded'`, values: [] }] : []),
  ];
  if (query.status !== undefined) conditions.push({ sql: 'status = ?', values: [query.status] });
  if (query.step !== undefined) conditions.push({ sql: 'step = ?', values: [query.step] });
  const after = query.after === undefined ? undefined : parseTaskKey(query.after);
  if (after !== undefined) {
    const { step, path, iteration } = after;
    conditions.push(laterThan({ step, path: sortablePath(path), iteration }, query.step));
  }
  const where = conditions.map(({ sql }) => sql).join(' AND ');
  return {
    sql: `SELECT * FROM tasks ${rare ? 'INDEXED BY tasks_by_status ' : ''}WHERE ${where} ORDER BY step, path, iteration LIMIT ?`,
    values: [...conditions.flatMap(({ values }) => values), query.limit ?? 1000],
  };
}

/** With the step known, only what is left of the key is compared: SQLite does not seek on a part that is fixed already. */
export function laterThan({ step: from, path, iteration }: ListPlace, step: string | undefined): Query {
  if (step === undefined)
    return { sql: '(step, path, iteration) > (?, ?, ?)', values: [from, path, iteration] };
  if (from === step) return { sql: '(path, iteration) > (?, ?)', values: [path, iteration] };
  return { sql: from < step ? 'TRUE' : 'FALSE', values: [] };
}

/** A page of the tasks that have rows of their own, in the order of step, path, iteration. */
export function listTaskRows(
  database: Database,
  run: number,
  query: TaskQuery,
): { readonly at: ListPlace; readonly task: TaskRecord }[] {
  const { sql, values } = taskPageQuery(run, query);
  return database.all<StoredTask>(sql, ...values).map((row) => ({ at: row, task: taskOfRow(row).task }));
}

/** Tasks of a run that are not decided yet, at most `limit`. */
export function listOpenTasks(database: Database, run: number, limit: number): TaskEntry[] {
  const sql = `SELECT * FROM tasks INDEXED BY tasks_by_status WHERE run = ? AND status <> 'succeeded'
    AND status IN ('submitted', 'queued', 'starting', 'running', 'waiting-retry') LIMIT ?`;
  return database.all<StoredTask>(sql, run, limit).map(taskOfRow);
}

/** Failed tasks, the first failure first. */
export function listFailures(database: Database, run: number, limit: number): TaskRecord[] {
  const sql = `SELECT * FROM tasks INDEXED BY tasks_failed WHERE run = ? AND status = 'failed' ORDER BY ended_at, ended_seq LIMIT ?`;
  return database.all<StoredTask>(sql, run, limit).map((row) => taskOfRow(row).task);
}

/** The counts of one step, or `undefined`. */
export function readCounts(database: Database, run: number, step: string): StepCounts | undefined {
  const row = database.get<{ counts: string }>(
    'SELECT counts FROM step_counts WHERE run = ? AND step = ?',
    run,
    step,
  );
  return row === undefined ? undefined : (JSON.parse(row.counts) as StepCounts);
}

/** Stores the counts of one step. */
export function writeCounts(database: Database, run: number, counts: StepCounts): void {
  database.run(
    'INSERT INTO step_counts (run, step, counts) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET counts = excluded.counts',
    run,
    counts.step,
    JSON.stringify(counts),
  );
}

/** The counts of all steps that have tasks, by step name. */
export function listCounts(database: Database, run: number): StepCounts[] {
  const rows = database.all<{ counts: string }>(
    'SELECT counts FROM step_counts WHERE run = ? ORDER BY step',
    run,
  );
  return rows.map((row) => JSON.parse(row.counts) as StepCounts);
}
