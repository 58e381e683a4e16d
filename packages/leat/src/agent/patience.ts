/** Tries again what may work later. The datastore's driver has its own tries, of seconds; these are for outages of minutes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isLeatError } from '../errors/index.ts';
import { monotonicMs } from '../process/monotonic.ts';

const firstPauseMs = 500;
const longestPauseMs = 10_000;

/** The pause before try number `tries` (from 1), with chance, so that ten thousand jobs do not come back at once. In milliseconds. */
export const pauseMs = (tries: number, chance: number = Math.random()): number =>
  Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1)) * (0.5 + chance / 2);

/** Calls until it works, for about `limitMs`; then throws what it threw last. Only `STORE_UNAVAILABLE` may work later. */
export async function withPatience<T>(limitMs: number, call: () => Promise<T>): Promise<T> {
  const deadline = monotonicMs() + limitMs;
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const wait = pauseMs(tries);
      const mayWork = isLeatError(error) && error.code === 'STORE_UNAVAILABLE';
      if (!mayWork || monotonicMs() + wait > deadline) throw error;
      await sleep(wait);
    }
  }
}
