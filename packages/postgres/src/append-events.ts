/**
 * Appends events and brings the tables up to date. A turn of an engine is two statements at most, or a few more where it
 * speaks of what is old: some that read the tasks that are not kept in memory, and one that writes everything, which is a
 * transaction of its own. What was read holds as long as the log has not grown since, so the write is made under the
 * condition that the log ends where it did and the lease's epoch is the same; else all is done again. Only the end of a run,
 * and batches that are too long for one statement, take a transaction of several.
 *
 * An append whose answer got lost may have been stored. It is made again with the same `request`, which the write leaves in
 * the lease's row: so it is known, and not stored twice.
 */
import {
  type ChunkFacts,
  type Lease,
  LeatError,
  type RunEvent,
  type StepCounts,
  type TaskEntry,
} from 'leat/metadata';
import type { Database, Statements } from './database.ts';
import { type Changes, endTasks, foldBatch, keepChunks, keepOpen } from './fold-batch.ts';
import { requireLease } from './leases.ts';
import { type Chunks, pagesOf, withBegun } from './mentions.ts';
import { knownChunks, readCounts, readKnown } from './read-known.ts';
import { listOpenTasks } from './task-rows.ts';
import { writeChanges } from './write-changes.ts';

/** About so many tasks are changed by one statement. */
const page = 2_000;

/** How often an append is made without a lock, although another connection has written to the same run meanwhile. */
const maxRounds = 3;

/** What the last append of a run left; true only as long as nobody else has appended since. */
export interface Kept {
  readonly run: number;
  readonly lease: Lease;
  readonly lastSeq: number;
  readonly open: Map<string, TaskEntry>;
  readonly counts: Map<string, StepCounts>;
  readonly chunks: Map<string, ChunkFacts>;
}

/** Events that are to be appended. */
export interface Append {
  readonly lease: Lease;
  readonly events: readonly RunEvent[];
  /** A UUID of these events in this log: made again with it, the call finds what it has stored. */
  readonly request: string;
}

/** Where a log ends. `written`: the append that is being made is in it already. */
interface End extends Kept {
  readonly written: boolean;
}

const sameLease = (a: Lease, b: Lease): boolean =>
  a.flow === b.flow && a.run === b.run && a.epoch === b.epoch;

/** Reads where the log ends, under a lease that must hold. */
async function endOfLog(statements: Statements, { lease, request }: Append, lock = false): Promise<End> {
  const { run, last_seq: lastSeq, written_by: by } = await requireLease(statements, lease, lock);
  const nothing = { open: new Map(), counts: new Map(), chunks: new Map() };
  return { run, lease, lastSeq, ...nothing, written: by === request };
}

/**
 * Appends under the lease's epoch; returns what to hand to the next call, with the new last sequence number. Throws
 * `LEASE_LOST`, `NOT_FOUND`. When it throws, what was kept is worth nothing: drop it.
 */
export async function appendEvents(
  database: Database,
  append: Append,
  kept: Kept | undefined,
): Promise<Kept> {
  const { lease, events } = append;
  let end: End | undefined =
    kept !== undefined && sameLease(kept.lease, lease) ? { ...kept, written: false } : undefined;
  for (let round = 0; round < maxRounds; round += 1) {
    end ??= await endOfLog(database, append);
    if (end.written) return end;
    const chunks = await knownChunks(database, end, events);
    if (isLong(events, chunks))
      return database.transaction(async (statements) => appendLong(statements, append));
    const next = await appendPage(database, { end, chunks, ...append });
    if (next !== undefined) return next;
    end = undefined;
  }
  // Somebody else was first each time: from the back of a queue nobody can be overtaken.
  return database.transaction(async (statements) => appendLong(statements, append));
}

/** Whether one statement cannot hold them, or there may be more to do than they say. */
function isLong(events: readonly RunEvent[], chunks: Chunks): boolean {
  if (events.some(({ type }) => type === 'run-ended')) return true;
  const [first] = pagesOf(events, withBegun(chunks, events), page);
  return first !== undefined && first.length < events.length;
}

/** Events of any number and kind. Within a transaction, which holds the lease's row from its first statement on. */
async function appendLong(statements: Statements, append: Append): Promise<Kept> {
  const start = await endOfLog(statements, append, true);
  if (start.written) return start;
  let chunks = await knownChunks(statements, start, append.events);
  let end: Kept = start;
  for (const events of pagesOf(append.events, withBegun(chunks, append.events), page)) {
    end = mustBeThere(await appendPage(statements, { end, chunks, events, request: append.request }));
    chunks = withBegun(chunks, events);
    const last = events.at(-1);
    if (last?.type === 'run-ended')
      end = await endOpen(statements, end, { at: last.at, request: append.request });
  }
  return end;
}

/** Nobody will finish what is open when a run ends. */
async function endOpen(
  statements: Statements,
  from: Kept,
  { at, request }: { readonly at: number; readonly request: string },
): Promise<Kept> {
  let end = from;
  for (;;) {
    const open = await listOpenTasks(statements, end.run, page);
    const counts = await readCounts(statements, end, new Set(open.map(({ task }) => task.step)));
    const changes = endTasks(open, counts, { at, seq: end.lastSeq });
    end = mustBeThere(await write(statements, { ...end, counts }, { request, events: [], changes }));
    if (open.length < page) return end;
  }
}

function mustBeThere(end: Kept | undefined): Kept {
  if (end !== undefined) return end;
  throw new LeatError('INTERNAL', 'a log has grown while its lease was locked');
}

/** Events that fit into one statement, and at most one end of the run, which is the last. */
interface Page {
  readonly end: Kept;
  /** Those that the events speak of, as they were before. */
  readonly chunks: Chunks;
  readonly events: readonly RunEvent[];
  readonly request: string;
}

/** `undefined`, and nothing is stored: the log does not end there any more, or the lease is lost. */
async function appendPage(
  statements: Statements,
  { end, chunks, events, request }: Page,
): Promise<Kept | undefined> {
  const known = await readKnown(statements, end, chunks, events);
  const changes = foldBatch(known, events, end.lastSeq);
  return write(statements, { ...end, counts: new Map(known.counts) }, { request, events, changes });
}

async function write(
  statements: Statements,
  end: Kept,
  what: { readonly request: string; readonly events: readonly RunEvent[]; readonly changes: Changes },
): Promise<Kept | undefined> {
  const { run, lease, lastSeq, open, counts, chunks } = end;
  if (!(await writeChanges(statements, { run, epoch: lease.epoch, after: lastSeq, ...what })))
    return undefined;
  keepOpen(open, what.changes.tasks);
  keepChunks(chunks, what.changes.chunks);
  for (const [step, after] of what.changes.counts) counts.set(step, after);
  return { run, lease, lastSeq: lastSeq + what.events.length, open, counts, chunks };
}
