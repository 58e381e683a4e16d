/**
 * Appends events and brings the tables up to date, inside one transaction of the caller. The fold says what changes;
 * here a batch's tasks are read once, folded in memory, and written once.
 */
import { LeatError } from '../../errors/index.ts';
import type { RunEvent } from '../events.ts';
import {
  endOpenAttempt,
  endOpenTask,
  foldAttempt,
  foldCounts,
  foldRun,
  foldTask,
  isDecided,
  type TaskEvent,
} from '../fold.ts';
import type { AttemptRecord, Lease, StepCounts, TaskRecord } from '../metadata-store.ts';
import type { Database } from './database.ts';
import { writeEvents } from './event-rows.ts';
import { requireLease } from './leases.ts';
import {
  listOpenTasks,
  readCounts,
  readOlderAttempt,
  readTask,
  type TaskEntry,
  writeCounts,
  writeOlderAttempt,
  writeTask,
} from './task-rows.ts';

/** Open tasks that a writer keeps in memory, so that the next event about one need not read it again. */
const maxKept = 20_000;

/** Tasks that are ended together when their run ends. */
const endPage = 1_000;

/** What the last append of a run left; true only as long as nobody else has appended since. */
export interface Kept {
  readonly run: number;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly open: Map<string, TaskEntry>;
}

interface Change {
  entry: TaskEntry;
  endedSeq: number;
}

interface Batch {
  readonly database: Database;
  readonly run: number;
  readonly open: Map<string, TaskEntry>;
  readonly changes: Map<string, Change>;
  readonly counts: Map<string, StepCounts>;
}

/**
 * Appends under the lease's epoch; returns the new last sequence number and what to hand to the next call. Throws
 * `LEASE_LOST`. When it throws, or the transaction fails, what was kept is worth nothing: drop it.
 */
export function appendEvents(
  database: Database,
  lease: Lease,
  events: readonly RunEvent[],
  kept: Kept | undefined,
): Kept {
  const run = requireLease(database, lease);
  const lastSeq = advance(database, run, lease, events.length);
  const before = lastSeq - events.length;
  const valid = kept?.run === run && kept.epoch === lease.epoch && kept.lastSeq === before;
  const open = valid ? kept.open : new Map<string, TaskEntry>();
  const batch: Batch = { database, run, open, changes: new Map(), counts: new Map() };
  writeEvents(database, run, before, events);
  let seq = before;
  for (const event of events) {
    seq += 1;
    if ('task' in event) applyToTask(batch, event, seq);
    else applyToRun(batch, event, seq);
  }
  flush(batch);
  for (const counts of batch.counts.values()) writeCounts(database, run, counts);
  return { run, epoch: lease.epoch, lastSeq, open };
}

/** Moves the end of the log, which fails when the epoch is no longer the run's. */
function advance(database: Database, run: number, lease: Lease, by: number): number {
  const row = database.get<{ last_seq: number }>(
    `UPDATE leases SET last_seq = last_seq + ? WHERE run = ? AND epoch = ? AND owner IS NOT NULL RETURNING last_seq`,
    by,
    run,
    lease.epoch,
  );
  if (row === undefined)
    throw new LeatError('LEASE_LOST', `another engine drives '${lease.flow}/${lease.run}' now`);
  return row.last_seq;
}

function applyToTask(batch: Batch, event: TaskEvent, seq: number): void {
  const change = changeOf(batch, event.task);
  const before = change?.entry;
  const task = foldTask(before?.task, event);
  const newest = 'attempt' in event ? newestAfter(batch, before, task, event) : before?.newest;
  count(batch, before?.task, task);
  const endedSeq = before?.task.endedAt === task.endedAt ? (change?.endedSeq ?? seq) : seq;
  if (change === undefined) batch.changes.set(event.task, { entry: { task, newest }, endedSeq });
  else Object.assign(change, { entry: { task, newest }, endedSeq });
}

/** The task's entry in this batch, read from memory or the table on first mention. */
function changeOf(batch: Batch, address: string): Change | undefined {
  const known = batch.changes.get(address);
  if (known !== undefined) return known;
  const entry = batch.open.get(address) ?? readTask(batch.database, batch.run, address);
  if (entry === undefined) return undefined;
  const change: Change = { entry, endedSeq: 0 };
  batch.changes.set(address, change);
  return change;
}

/** Folds the attempt that the event names, and says which attempt is the task's newest afterwards. */
function newestAfter(
  batch: Batch,
  before: TaskEntry | undefined,
  task: TaskRecord,
  event: Extract<TaskEvent, { attempt: number }>,
): AttemptRecord | undefined {
  const newest = before?.newest;
  const isNewest = newest === undefined || event.attempt === newest.attempt;
  const named = isNewest ? newest : readOlderAttempt(batch.database, batch.run, task, event.attempt);
  const folded = foldAttempt(named, event);
  if (isNewest || folded === undefined) return folded ?? newest;
  const older = folded.attempt > newest.attempt ? newest : folded;
  writeOlderAttempt(batch.database, batch.run, task, older);
  return folded.attempt > newest.attempt ? folded : newest;
}

function applyToRun(batch: Batch, event: RunEvent, seq: number): void {
  if (event.type === 'run-ended') endOpen(batch, event.at, seq);
  if (event.type !== 'run-ended' && event.type !== 'engine-started') return;
  const state = foldRun({ status: 'running' }, event);
  const sql = 'UPDATE runs SET status = ?, ended_at = ? WHERE key = ?';
  batch.database.run(sql, state.status, state.endedAt ?? null, batch.run);
}

function endOpen(batch: Batch, at: number, seq: number): void {
  flush(batch);
  for (;;) {
    const page = listOpenTasks(batch.database, batch.run, endPage);
    for (const { task, newest } of page) {
      const ended = newest === undefined ? undefined : endOpenAttempt(newest, at);
      const entry = { task: endOpenTask(task, at), newest: ended };
      count(batch, task, entry.task);
      batch.changes.set(task.task, { entry, endedSeq: seq });
    }
    flush(batch);
    if (page.length < endPage) return;
  }
}

/** Every change counts, also one that the same batch undoes: a step's last end may be that of a failed try. */
function count(batch: Batch, before: TaskRecord | undefined, after: TaskRecord): void {
  if (before === after) return;
  const counts = batch.counts.get(after.step) ?? readCounts(batch.database, batch.run, after.step);
  batch.counts.set(after.step, foldCounts(counts, before, after));
}

/** Writes the changed tasks. */
function flush(batch: Batch): void {
  for (const { entry, endedSeq } of batch.changes.values()) {
    const { task } = entry;
    writeTask(batch.database, batch.run, entry, endedSeq);
    if (isDecided(task.status)) batch.open.delete(task.task);
    else keepOpen(batch.open, task.task, entry);
  }
  batch.changes.clear();
}

function keepOpen(open: Map<string, TaskEntry>, address: string, entry: TaskEntry): void {
  if (open.size >= maxKept && !open.has(address)) {
    const oldest = open.keys().next();
    if (oldest.done !== true) open.delete(oldest.value);
  }
  open.set(address, entry);
}
