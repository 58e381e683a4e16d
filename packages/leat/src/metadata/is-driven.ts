import { hostname } from 'node:os';
import type { RunRecord } from './metadata-store.ts';

/** An engine, as its lease and its events name it. */
export interface Engine {
  readonly host: string;
  readonly pid: number;
}

/** The name under which an engine holds a lease: `ada-laptop:4711`. */
export const leaseOwner = ({ host, pid }: Engine): string => `${host}:${pid}`;

/**
 * Whether an engine drives a run: it holds a lease that has not run out, and is not known to be dead.
 *
 * @param now milliseconds since the epoch; the clock unless told
 */
export function isDriven({ lease }: Pick<RunRecord, 'lease'>, now: number = Date.now()): boolean {
  return lease !== undefined && lease.until > now && !isDeadHere(lease.owner);
}

/**
 * Whether the engine of a lease ran on this machine and its process is gone, so that nobody needs to wait until the lease
 * runs out. Where two machines or containers have one name this may be wrong: the lease's epoch keeps the run whole then.
 */
export function isDeadHere(owner: string): boolean {
  const { host = '', pid = '' } = /^(?<host>.*):(?<pid>\d+)$/.exec(owner)?.groups ?? {};
  if (host !== hostname() || Number(pid) === 0) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
