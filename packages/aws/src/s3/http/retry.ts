/** When a request is tried again, and how long to wait before. Pure: chance comes as an argument. */

/** What came of a try that did not work. */
export interface FailedTry {
  /** Of the answer; `undefined` when none came. */
  readonly status: number | undefined;
  /** S3's code of the error, or Node's of a network error; empty when there is none. */
  readonly code: string;
  /** What the server asks for, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Tries of one request. Some 20 s of waiting in all, most of it at the end. */
export const mostTries = 12;

const firstWaitMs = 100;
const longestWaitMs = 8_000;
/** A server that asks for more patience than this is not waited for that long. */
const longestAskedMs = 20_000;

const passingStatus: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504, 509]);

// Names of S3's errors that pass, whatever their status.
const passingCodes: ReadonlySet<string> = new Set([
  'ConditionalRequestConflict',
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'SlowDown',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
]);

const passingNetwork: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
]);

/** Whether the same request may work a moment later. */
export function isPassing({ status, code }: FailedTry): boolean {
  if (status === undefined) return passingNetwork.has(code) || code.startsWith('HPE_');
  return passingStatus.has(status) || passingCodes.has(code);
}

/**
 * How long to wait before try number `next` (2 is the second): anything up to a bound that doubles, so that many who failed
 * together do not come back together.
 *
 * @param chance 0 to 1
 */
export function waitBefore(next: number, { status, retryAfterMs = 0 }: FailedTry, chance: number): number {
  const bound = Math.min(longestWaitMs, firstWaitMs * 2 ** (next - 2));
  // A server that is asked too often gains nothing from a quick second try.
  const least = status === 429 || status === 503 ? bound / 2 : 0;
  return Math.max(Math.min(retryAfterMs, longestAskedMs), least + (bound - least) * chance);
}
