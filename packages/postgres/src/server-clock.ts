/** A difference that is no more than that of two measurements, in milliseconds. */
const toleranceMs = 1_000;

/**
 * When leases end is decided by the clock of the database server: it is the only one that all engines share, so a clock
 * that is wrong or jumps on one machine neither ends a lease early nor keeps it too long. A reader holds the end of a lease
 * against its own clock, so it is told in that one.
 *
 * The distance of the two clocks is kept as long as it is about right, so that the same lease is told the same way twice.
 */
export class ServerClock {
  #ahead: number | undefined;

  /** A time of the server on our clock. `serverNow` came with it. */
  toLocal(time: number, serverNow: number, localNow: number = Date.now()): number {
    const ahead = serverNow - localNow;
    if (this.#ahead === undefined || Math.abs(ahead - this.#ahead) > toleranceMs) this.#ahead = ahead;
    return Math.round(time - this.#ahead);
  }
}

/** The server's clock in SQL: the time of the call, not of the transaction's beginning. */
export const serverNow: string = '(extract(epoch FROM clock_timestamp()) * 1000)::double precision';
