/** One statement that writes what a batch of events has changed, all of it or nothing. */
import {
  type AttemptRecord,
  parseTaskKey,
  rowOfTask,
  type RunEvent,
  sortablePath,
  textOfAttempt,
} from 'leat/metadata';
import { chunkRow } from './chunk-rows.ts';
import type { Statements } from './database.ts';
import { eventRows } from './event-rows.ts';
import type { Changes } from './fold-batch.ts';
import { taskColumns } from './task-rows.ts';

/** A batch and the place in the log where it belongs. */
export interface Batch {
  readonly run: number;
  readonly epoch: number;
  /** The log must end with this event. */
  readonly after: number;
  readonly request: string;
  readonly events: readonly RunEvent[];
  readonly changes: Changes;
}

// The lease's row is changed first, and what else is written comes from it: without that row nothing is written at all. Rows
// come as JSON, which both sides read faster than a value a column.
const sql = `
  WITH held AS (
    UPDATE leat.leases SET last_seq = $4, written_by = $5::uuid
    WHERE run = $1 AND epoch = $2 AND owner IS NOT NULL AND last_seq = $3
    RETURNING run
  ),
  logged AS (
    INSERT INTO leat.events (run, last_seq, events)
    SELECT held.run, one.last_seq, one.events
    FROM held, json_to_recordset($6::json) AS one (last_seq bigint, events text)
  ),
  changed AS (
    INSERT INTO leat.tasks AS tasks (run, step, path, iteration, status, attempts, decided_by, manifest, outcome,
      created_at, started_at, ended_at, ended_seq, failure, caught, origin_run, attempt)
    SELECT held.run, one.* FROM held, json_to_recordset($7::json) AS one (${taskColumns})
    ON CONFLICT (run, step, path, iteration) DO UPDATE SET status = excluded.status, attempts = excluded.attempts,
      decided_by = excluded.decided_by, manifest = excluded.manifest, outcome = excluded.outcome,
      started_at = excluded.started_at,
      ended_seq = CASE WHEN tasks.ended_at IS NOT DISTINCT FROM excluded.ended_at THEN tasks.ended_seq ELSE excluded.ended_seq END,
      ended_at = excluded.ended_at, failure = excluded.failure, caught = excluded.caught,
      origin_run = excluded.origin_run, attempt = excluded.attempt
  ),
  older AS (
    INSERT INTO leat.attempts (run, step, path, iteration, number, attempt)
    SELECT held.run, one.*
    FROM held, json_to_recordset($8::json) AS one (step text, path text, iteration integer, number integer, attempt text)
    ON CONFLICT (run, step, path, iteration, number) DO UPDATE SET attempt = excluded.attempt
  ),
  counted AS (
    INSERT INTO leat.step_counts (run, step, counts)
    SELECT held.run, one.* FROM held, json_to_recordset($9::json) AS one (step text, counts text)
    ON CONFLICT (run, step) DO UPDATE SET counts = excluded.counts
  ),
  begun AS (
    INSERT INTO leat.chunks (run, token, facts)
    SELECT held.run, one.* FROM held, json_to_recordset($10::json) AS one (token text, facts text)
  ),
  stood AS (
    UPDATE leat.runs SET status = $11::text, ended_at = $12::double precision
    FROM held WHERE runs.key = held.run AND $11::text IS NOT NULL
  )
  SELECT run FROM held`;

/** Writes a batch; `false`, and nothing is written, when the lease is no longer that epoch's or the log does not end there. */
export async function writeChanges(statements: Statements, batch: Batch): Promise<boolean> {
  const { run, epoch, after, request, events, changes } = batch;
  const held = await statements.get<{ run: number }>(
    sql,
    run,
    epoch,
    after,
    after + events.length,
    request,
    JSON.stringify(eventRows(after, events)),
    JSON.stringify(
      Array.from(changes.tasks.values(), (task) => ({ ...rowOfTask(task), ended_seq: task.endedSeq })),
    ),
    JSON.stringify(Array.from(changes.older.values(), olderRow)),
    JSON.stringify(
      Array.from(changes.counts.values(), (counts) => ({
        step: counts.step,
        counts: JSON.stringify(counts),
      })),
    ),
    JSON.stringify(Array.from(changes.chunks.values(), chunkRow)),
    changes.run?.status,
    changes.run?.endedAt,
  );
  return held !== undefined;
}

function olderRow(attempt: AttemptRecord): object {
  const { step, path = [], iteration } = parseTaskKey(attempt.task) ?? {};
  return {
    step,
    path: sortablePath(path),
    iteration,
    number: attempt.attempt,
    attempt: textOfAttempt(attempt),
  };
}
