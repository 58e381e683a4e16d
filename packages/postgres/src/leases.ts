/**
 * Who may write to a run. An epoch counts up each time the right changes hands, and never down. Each call is one statement
 * that does nothing when it is repeated; the lock of the lease's row puts them, and all writes to the run, in one order.
 */
import { type Lease, leaseLost, type LeatError, noSuchRun, runNumber, type TakenFrom } from 'leat/metadata';
import type { Database, Statements } from './database.ts';
import { runKey } from './run-rows.ts';
import { serverNow } from './server-clock.ts';

/** A lease's row, as writers need it. */
export interface LeaseRow {
  readonly run: number;
  readonly owner: string | null;
  readonly epoch: number;
  readonly last_seq: number;
  readonly taken_by: string;
  readonly written_by: string;
  /** Whether it is held and has not run out. */
  readonly live: boolean;
}

/** How long a renewal waits for an answer: a third of the usual lease is between two of them. In milliseconds. */
const renewalWaitMs = 5_000;

interface Address {
  readonly flow: string;
  readonly run: string;
}

/** A run's number, or `NOT_FOUND`. */
export async function requireRun(statements: Statements, { flow, run }: Address): Promise<number> {
  const key = await runKey(statements, flow, run);
  if (key !== undefined) return key;
  throw noSuchRun({ flow, run });
}

/** The row of a run's lease; with `lock`, nobody else writes to the run until the transaction ends. Throws `NOT_FOUND`. */
async function leaseRow(statements: Statements, { flow, run }: Address, lock = false): Promise<LeaseRow> {
  const sql = `SELECT leases.run, owner, epoch, last_seq, taken_by, written_by,
      owner IS NOT NULL AND until > ${serverNow} AS live
    FROM leat.leases JOIN leat.runs ON runs.key = leases.run WHERE flow = $1 AND id = $2${lock ? ' FOR UPDATE OF leases' : ''}`;
  const row = await statements.get<LeaseRow>(sql, flow, runNumber(run));
  if (row === undefined) throw noSuchRun({ flow, run });
  return row;
}

/** The row of a lease that still holds. Throws `LEASE_LOST`, `NOT_FOUND`. */
export async function requireLease(statements: Statements, lease: Lease, lock = false): Promise<LeaseRow> {
  const row = await leaseRow(statements, lease, lock);
  if (row.epoch !== lease.epoch || row.owner === null) throw lost(lease, row);
  return row;
}

const lost = (run: Address, row: LeaseRow): LeatError => leaseLost(run, row.owner);

/** A request for a lease on a run that exists. */
export interface LeaseRequest extends Address {
  readonly owner: string;
  readonly leaseMs: number;
  readonly force: TakenFrom;
  /** A UUID of the call: made again with it, the call finds the lease that it took. */
  readonly request: string;
}

/** Takes the lease when it is free, has run out, or `force`. Throws `LEASE_LOST`, `NOT_FOUND`. */
export async function takeLease(statements: Statements, asked: LeaseRequest): Promise<Lease> {
  const { flow, run, owner, leaseMs, force, request } = asked;
  const sql = `
    UPDATE leat.leases SET owner = $3, epoch = epoch + 1, until = ${serverNow} + $4::double precision, taken_by = $5::uuid
    FROM leat.runs
    WHERE runs.key = leases.run AND runs.flow = $1 AND runs.id = $2 AND taken_by <> $5::uuid
      AND (owner IS NULL OR until <= ${serverNow} OR $6::boolean OR epoch = $7::bigint)
    RETURNING epoch`;
  const taken = await statements.get<{ epoch: number }>(
    sql,
    flow,
    runNumber(run),
    owner,
    leaseMs,
    request,
    force === true,
    typeof force === 'object' ? force.epoch : undefined,
  );
  if (taken !== undefined) return { flow, run, owner, epoch: taken.epoch };
  const row = await leaseRow(statements, asked);
  if (row.taken_by !== request) throw lost(asked, row);
  return { flow, run, owner, epoch: row.epoch };
}

/** Moves the end of a lease that still holds. Throws `LEASE_LOST`, `NOT_FOUND`. */
export async function extendLease(database: Database, lease: Lease, leaseMs: number): Promise<void> {
  const sql = `
    UPDATE leat.leases SET until = ${serverNow} + $4::double precision FROM leat.runs
    WHERE runs.key = leases.run AND runs.flow = $1 AND runs.id = $2 AND epoch = $3 AND owner IS NOT NULL RETURNING run`;
  const values = [lease.flow, runNumber(lease.run), lease.epoch, leaseMs];
  const [row] = await database.soon<{ run: number }>(renewalWaitMs, sql, ...values);
  if (row === undefined) throw lost(lease, await leaseRow(database, lease));
}

/** Gives a lease back; one that is lost already is no error. */
export async function giveBackLease(statements: Statements, lease: Lease): Promise<void> {
  const sql = `
    UPDATE leat.leases SET owner = NULL, until = 0 FROM leat.runs
    WHERE runs.key = leases.run AND runs.flow = $1 AND runs.id = $2 AND epoch = $3`;
  await statements.all(sql, lease.flow, runNumber(lease.run), lease.epoch);
}

/** Makes sure that nobody drives a run until the transaction ends, and returns its number. Throws `LEASE_LOST`, `NOT_FOUND`. */
export async function requireFree(statements: Statements, address: Address): Promise<number> {
  const row = await leaseRow(statements, address, true);
  if (row.live) throw lost(address, row);
  return row.run;
}
