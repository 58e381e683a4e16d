/**
 * Appends events to the log, inside one transaction of the caller, and says what of the tables it knows afterwards; what the
 * events make of the tables is in `apply-events.ts`.
 */
import { LeatError } from '../../errors/index.ts';
import type { RunEvent } from '../events.ts';
import type { Lease } from '../metadata-store.ts';
import { boundChunks } from './apply-chunks.ts';
import { applyEvents, type Known } from './apply-events.ts';
import { hasRanges } from './chunk-rows.ts';
import type { Database } from './database.ts';
import { writeEvents } from './event-rows.ts';
import { requireLease } from './leases.ts';

/** What the last append of a run left; true only as long as nobody else has appended since. */
export interface Kept extends Known {
  readonly run: number;
  readonly lease: Lease;
  readonly lastSeq: number;
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
  const ours = kept !== undefined && isOf(kept, lease) ? kept : undefined;
  const run = ours?.run ?? requireLease(database, lease);
  const lastSeq = advance(database, run, lease, events.length);
  const before = lastSeq - events.length;
  const known = ours?.lastSeq === before ? ours : nothingKnown(database, run);
  writeEvents(database, run, before, events);
  const after = applyEvents({ database, run, known }, events, before);
  boundChunks(after.chunks);
  return { run, lease, lastSeq, ...after };
}

const nothingKnown = (database: Database, run: number): Known => ({
  open: new Map(),
  chunks: new Map(),
  ranged: hasRanges(database, run),
  counts: new Map(),
});

const isOf = ({ lease: { flow, run, epoch } }: Kept, lease: Lease): boolean =>
  flow === lease.flow && run === lease.run && epoch === lease.epoch;

/** Moves the end of the log, which fails when the epoch is no longer the run's. */
function advance(database: Database, run: number, lease: Lease, by: number): number {
  const row = database.get<{ last_seq: number }>(
    `UPDATE leases SET last_seq = last_seq + ? WHERE run = ? AND epoch = ? AND owner IS NOT NULL RETURNING last_seq`,
    by,
    run,
    lease.epoch,
  );
  if (row !== undefined) return row.last_seq;
  requireLease(database, lease);
  throw new LeatError('LEASE_LOST', `another engine drives '${lease.flow}/${lease.run}' now`);
}
