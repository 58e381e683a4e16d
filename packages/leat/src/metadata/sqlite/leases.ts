/** Who may write to a run. An epoch counts up each time the right changes hands, and never down. */
import type { LeatError } from '../../errors/index.ts';
import type { Lease, TakenFrom } from '../metadata-store.ts';
import { leaseLost, noSuchRun } from '../refusals.ts';
import type { Database } from './database.ts';
import { runKey } from './run-rows.ts';

interface LeaseRow {
  readonly owner: string | null;
  readonly epoch: number;
  readonly until: number;
}

/** A run's number, or `NOT_FOUND`. */
export function requireRun(database: Database, flow: string, run: string): number {
  const key = runKey(database, flow, run);
  if (key !== undefined) return key;
  throw noSuchRun({ flow, run });
}

/** The number of the lease's run, when the lease still holds. Throws `LEASE_LOST`, `NOT_FOUND`. */
export function requireLease(database: Database, lease: Lease): number {
  const key = requireRun(database, lease.flow, lease.run);
  const row = leaseRow(database, key);
  if (row?.epoch !== lease.epoch || row.owner === null) throw lost(lease, row);
  return key;
}

function leaseRow(database: Database, key: number): LeaseRow | undefined {
  return database.get<LeaseRow>('SELECT owner, epoch, until FROM leases WHERE run = ?', key);
}

const lost = (run: { readonly flow: string; readonly run: string }, row: LeaseRow | undefined): LeatError =>
  leaseLost(run, row?.owner, row?.until);

/** The first lease of a new run. */
export function firstLease(database: Database, key: number, owner: string, until: number): void {
  const sql = 'INSERT INTO leases (run, owner, epoch, until, last_seq) VALUES (?, ?, 1, ?, 0)';
  database.run(sql, key, owner, until);
}

/** A request for a lease on a run that exists. */
export interface LeaseRequest {
  readonly flow: string;
  readonly run: string;
  readonly owner: string;
  readonly now: number;
  readonly leaseMs: number;
  readonly force: TakenFrom;
}

/** Takes the lease when it is free, has run out, or `force`. Throws `LEASE_LOST`, `NOT_FOUND`. */
export function takeLease(database: Database, request: LeaseRequest): Lease {
  const { flow, run, owner, now, leaseMs, force } = request;
  const key = requireRun(database, flow, run);
  const row = leaseRow(database, key);
  const taken = typeof force === 'object' ? row?.epoch === force.epoch : force;
  if (row !== undefined && isLive(row, now) && !taken) throw lost({ flow, run }, row);
  const epoch = (row?.epoch ?? 0) + 1;
  database.run(
    'UPDATE leases SET owner = ?, epoch = ?, until = ? WHERE run = ?',
    owner,
    epoch,
    now + leaseMs,
    key,
  );
  return { flow, run, owner, epoch };
}

function isLive(row: LeaseRow, now: number): boolean {
  return row.owner !== null && row.until > now;
}

/** Moves the end of a lease that still holds. Throws `LEASE_LOST`, `NOT_FOUND`. */
export function extendLease(database: Database, lease: Lease, until: number): void {
  const key = requireLease(database, lease);
  database.run('UPDATE leases SET until = ? WHERE run = ?', until, key);
}

/** Gives a lease back; one that is lost already is no error. */
export function giveBackLease(database: Database, lease: Lease): void {
  const key = runKey(database, lease.flow, lease.run);
  if (key === undefined) return;
  database.run('UPDATE leases SET owner = NULL, until = 0 WHERE run = ? AND epoch = ?', key, lease.epoch);
}

/** Makes sure that nobody drives a run. Throws `LEASE_LOST`. */
export function requireFree(database: Database, flow: string, run: string, now: number): number {
  const key = requireRun(database, flow, run);
  const row = leaseRow(database, key);
  if (row !== undefined && isLive(row, now)) throw lost({ flow, run }, row);
  return key;
}
