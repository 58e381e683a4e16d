import { isLeatError } from '../errors/index.ts';
import { type Clock, pause } from './clock.ts';
import { jitter } from './policy/retry.ts';

/** How long something that may come back is waited for. Times in milliseconds. */
export interface Patience {
  /** After this long without success the last error is thrown. */
  readonly giveUpMs: number;
  readonly firstMs?: number;
  readonly longestMs?: number;
}

/** What surrounds a repeated call. */
export interface BackOff {
  readonly clock: Clock;
  readonly patience: Patience;
  /** Ends the waiting: the error at hand is thrown. */
  readonly signal: AbortSignal;
  /** For people, and to spread engines: `TrainFlow/417 poll batch`. */
  readonly what: string;
  /** Told before each wait, but for the first two: short troubles are nobody's business. */
  readonly warn: (message: string) => void;
}

/** Whether the same call may work later. */
export function isTransient(error: unknown): boolean {
  return (
    isLeatError(error) &&
    (error.code === 'LAYER_FAILED' ||
      error.code === 'STORE_UNAVAILABLE' ||
      error.code === 'METADATA_UNAVAILABLE')
  );
}

/**
 * Whether a platform has said that it takes no calls now: nothing is wrong, and no task fails of it. It is asked again for as long as it
 * takes.
 */
const isBusy = (error: unknown): boolean => isLeatError(error) && error.details?.['busy'] === true;

/**
 * Repeats a call that fails for a time, with waits that double and are spread.
 * @throws the call's error, when it will not pass or patience is at an end.
 */
export async function withBackOff<T>(backOff: BackOff, call: () => Promise<T>): Promise<T> {
  const { clock, patience, signal, what, warn } = backOff;
  const { giveUpMs, firstMs = 200, longestMs = 15_000 } = patience;
  let since = clock.steady();
  for (let failures = 0; ; failures += 1) {
    // When this call began: a process that was paused meanwhile has not been refused for as long.
    const spent = clock.steady() - since;
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || signal.aborted) throw error;
      if (isBusy(error)) since = clock.steady();
      else if (spent >= giveUpMs) throw error;
      const wait = Math.min(longestMs, firstMs * 2 ** failures) * (0.5 + 0.5 * jitter(`${what}${failures}`));
      if (failures >= 2) warn(`${what}: ${messageOf(error)}; trying again in ${(wait / 1000).toFixed(1)} s`);
      await pause(clock, wait, signal);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
