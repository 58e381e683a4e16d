/** How every database keeps a task: its columns, and the task and the attempt that they are. */
import type { AttemptRecord, TaskRecord, TaskStatus } from './metadata-store.ts';
import { formatTaskKey, pathFromSortable, sortablePath } from './task-key.ts';

/** A task with its newest attempt (none when `resume` took the task over). */
export interface TaskEntry {
  readonly task: TaskRecord;
  readonly newest: AttemptRecord | undefined;
}

/** A row of a task, as it is read. */
export interface StoredTask {
  readonly step: string;
  /** See `sortablePath`. */
  readonly path: string;
  readonly iteration: number;
  readonly status: TaskStatus;
  readonly attempts: number;
  readonly decided_by: number | null;
  readonly manifest: string | null;
  readonly outcome: string | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly failure: string | null;
  /** 0 and 1 where a database knows no yes and no. */
  readonly caught: number | boolean;
  readonly origin_run: string | null;
  readonly attempt: string | null;
}

/** The task that a row is. */
export function taskOfRow(row: StoredTask): TaskEntry {
  const path = pathFromSortable(row.path);
  const { step, iteration, status, attempts } = row;
  const task: TaskRecord = {
    task: formatTaskKey({ step, path, iteration }),
    step,
    path,
    iteration,
    status,
    attempts,
    createdAt: row.created_at,
    caught: Boolean(row.caught),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.manifest === null ? {} : { manifest: row.manifest }),
    ...(row.outcome === null
      ? {}
      : { outcome: JSON.parse(row.outcome) as NonNullable<TaskRecord['outcome']> }),
    ...(row.started_at === null ? {} : { startedAt: row.started_at }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(row.failure === null
      ? {}
      : { failure: JSON.parse(row.failure) as NonNullable<TaskRecord['failure']> }),
    ...(row.origin_run === null ? {} : { originRun: row.origin_run }),
  };
  return { task, newest: row.attempt === null ? undefined : attemptOfText(task.task, row.attempt) };
}

/** A task as it is written: what it does not have is `undefined`. */
export type WrittenTask = {
  readonly [Column in keyof StoredTask]: Exclude<StoredTask[Column], null> | undefined;
};

/** The row of a task. */
export function rowOfTask({ task, newest }: TaskEntry): WrittenTask {
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
    failure: failure && JSON.stringify(failure),
    caught: task.caught,
    origin_run: task.originRun,
    attempt: newest && textOfAttempt(newest),
  };
}

/** An attempt of a task from what {@link textOfAttempt} made of it. */
export const attemptOfText = (task: string, text: string): AttemptRecord => ({
  task,
  ...(JSON.parse(text) as Omit<AttemptRecord, 'task'>),
});

/** An attempt as its row holds it: without its task, which the row's key says. */
export const textOfAttempt = ({ task: _task, ...stored }: AttemptRecord): string => JSON.stringify(stored);
