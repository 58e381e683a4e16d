/**
 * Brings the tables up to date with a batch of events. The fold says what changes; here the batch's tasks are read once,
 * folded in memory, and written once. Within a transaction.
 */
import { type ChunkEvent, isChunkEvent, speaksFor } from '../chunk-events.ts';
import type { RunEvent } from '../events.ts';
import { endOpenAttempt, foldAttempt } from '../fold/fold-attempt.ts';
import { foldCounts, foldManyCounts } from '../fold/fold-counts.ts';
import { foldRun } from '../fold/fold-run.ts';
import { endOpenTask, foldTask, isDecided } from '../fold/fold-task.ts';
import type { AttemptRecord, StepCounts, TaskRecord } from '../metadata-store.ts';
import type { TaskEntry } from '../stored-task.ts';
import type { MemberEvent, TaskEvent } from '../task-events.ts';
import { taskKey } from '../task-key.ts';
import {
  applyToChunk,
  type ChunkBatch,
  flushChunks,
  type LiveChunk,
  liveChunk,
  takeOut,
} from './apply-chunks.ts';
import { applyReuse } from './apply-reused.ts';
import type { StoredChunk } from './chunk-rows.ts';
import type { Database } from './database.ts';
import { openEntry, openTasksOfRanges, readFromRange } from './range-tasks.ts';
import {
  listOpenTasks,
  readCounts,
  readOlderAttempt,
  readTaskRow,
  writeCounts,
  writeOlderAttempt,
  writeTask,
} from './task-rows.ts';

/** Open tasks that a writer keeps in memory, so that the next event about one need not read it again. */
const maxKept = 20_000;

/** Tasks that are ended together when their run ends. */
const endPage = 1_000;

/** What a writer knows of the tables of a run, so that it need not read them. */
export interface Known {
  readonly open: Map<string, TaskEntry>;
  readonly chunks: Map<string, LiveChunk>;
  /** Whether the run has, or had, tasks without rows of their own. */
  readonly ranged: boolean;
  /** Of the steps that this writer has met. */
  readonly counts: Map<string, StepCounts>;
}

interface Change {
  entry: TaskEntry;
  endedSeq: number;
}

interface Batch extends Omit<Known, 'ranged'> {
  ranged: boolean;
  readonly database: Database;
  readonly run: number;
  readonly changes: Map<string, Change>;
  /** Steps whose counts are to be written. */
  readonly counted: Set<string>;
}

/**
 * Applies events, the first of which has sequence number `before + 1`, and returns what is known of the tables then: `known`, whose
 * maps are brought up to date in place.
 */
export function applyEvents(
  { database, run, known }: { readonly database: Database; readonly run: number; readonly known: Known },
  events: readonly RunEvent[],
  before: number,
): Known {
  const batch: Batch = { ...known, database, run, changes: new Map(), counted: new Set() };
  applyAll(batch, events, before);
  flush(batch);
  const { open, chunks, ranged, counts } = batch;
  for (const step of batch.counted) {
    const changed = counts.get(step);
    if (changed !== undefined) writeCounts(database, run, changed);
  }
  return { open, chunks, ranged, counts };
}

function applyAll(batch: Batch, events: readonly RunEvent[], before: number): void {
  let seq = before;
  for (const event of events) {
    seq += 1;
    if ('task' in event) applyToTask(batch, event, seq);
    else if (isChunkEvent(event)) applyChunkEvent(batch, event, seq);
    else if (event.type === 'tasks-reused') {
      batch.ranged = true;
      applyReuse(chunkBatch(batch, seq), event, (item) => applyToTask(batch, item, seq));
    } else applyToRun(batch, event, seq);
  }
}

function applyChunkEvent(batch: Batch, event: ChunkEvent, seq: number): void {
  batch.ranged ||= event.type === 'chunk-submitted';
  if (batch.ranged) applyToChunk(chunkBatch(batch, seq), event);
}

function chunkBatch(batch: Batch, seq: number): ChunkBatch {
  const { database, run, chunks } = batch;
  return {
    database,
    run,
    chunks,
    apply: (chunk, event, member) => applyToMember(batch, { chunk, event, member }, seq),
    count: (step, change) => {
      if (change.tasks > 0) setCounts(batch, foldManyCounts(countsOf(batch, step), step, change));
    },
    flush: () => flush(batch),
  };
}

interface OfMember {
  readonly chunk: StoredChunk;
  readonly event: ChunkEvent;
  readonly member: MemberEvent;
}

function applyToMember(batch: Batch, { chunk, event, member }: OfMember, seq: number): void {
  const entry = changeOf(batch, member.task)?.entry;
  const { attempt } = chunk.facts;
  const newest = entry?.newest;
  const named =
    newest?.attempt === attempt || entry === undefined
      ? newest
      : readOlderAttempt(batch.database, batch.run, entry.task, attempt);
  if (speaksFor(chunk.facts, event, named)) applyToTask(batch, member, seq);
}

function applyToTask(batch: Batch, event: TaskEvent | MemberEvent, seq: number): void {
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
  const entry =
    batch.open.get(address) ?? readTaskRow(batch.database, batch.run, address) ?? fromRange(batch, address);
  if (entry === undefined) return undefined;
  const change: Change = { entry, endedSeq: 0 };
  batch.changes.set(address, change);
  return change;
}

/** A task that its chunk's ranges tell of; it gets a row of its own. */
function fromRange(batch: Batch, address: string): TaskEntry | undefined {
  if (!batch.ranged) return undefined;
  const { database, run } = batch;
  flushChunks(batch);
  const found = readFromRange(database, run, taskKey(address));
  if (found === undefined || isDecided(found.task.status)) return found;
  const chunk = liveChunk(batch, found.newest?.token ?? '');
  const place = found.task.path.at(-1);
  if (chunk === undefined || place === undefined) throw new TypeError(`'${address}' has no chunk`);
  takeOut(chunk, place);
  return openEntry(chunk, place);
}

/** Folds the attempt that the event names, and says which attempt is the task's newest afterwards. */
function newestAfter(
  batch: Batch,
  before: TaskEntry | undefined,
  task: TaskRecord,
  event: MemberEvent | Extract<TaskEvent, { attempt: number }>,
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
  giveRows(batch);
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

/** Open tasks of chunks get rows of their own, since each of them is to be ended. */
function giveRows(batch: Batch): void {
  if (!batch.ranged) return;
  for (;;) {
    const page = openTasksOfRanges(batch.database, batch.run, endPage);
    for (const address of page) changeOf(batch, address);
    flush(batch);
    if (page.length < endPage) return;
  }
}

/** Every change counts, also one that the same batch undoes: a step's last end may be that of a failed try. */
function count(batch: Batch, before: TaskRecord | undefined, after: TaskRecord): void {
  if (before === after) return;
  setCounts(batch, foldCounts(countsOf(batch, after.step), before, after));
}

function countsOf({ database, run, counts }: Batch, step: string): StepCounts | undefined {
  return counts.get(step) ?? readCounts(database, run, step);
}

function setCounts({ counts, counted }: Batch, changed: StepCounts): void {
  counts.set(changed.step, changed);
  counted.add(changed.step);
}

/** Writes the changed tasks, and the ranges of changed chunks. */
function flush(batch: Batch): void {
  flushChunks(batch);
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
