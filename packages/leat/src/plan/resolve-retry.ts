import type { RetryOptions } from '../flow/description.ts';
import type { RetryPolicy } from './plan.ts';

/** No wait is longer, whatever the back-off says: a week, in seconds. */
const longestWaitSeconds: number = 7 * 24 * 3600;

/** A step without `@retry`. */
const noRetry: RetryPolicy = {
  times: 0,
  waitSeconds: 0,
  backoff: 'constant',
  maxWaitSeconds: longestWaitSeconds,
};

/**
 * `@retry` in seconds. Three more tries, at once, unless told: most failures of user code are not cured by waiting, and what
 * the platform breaks has waits of its own. An exponential back-off needs something to grow from: a minute unless told.
 */
export function resolveRetry(options: RetryOptions | undefined): RetryPolicy {
  if (options === undefined) return noRetry;
  const { times = 3, backoff = 'constant', maxMinutes } = options;
  const minutes = options.minutesBetweenRetries ?? (backoff === 'exponential' ? 1 : 0);
  const maxWaitSeconds = Math.min(
    longestWaitSeconds,
    maxMinutes === undefined ? longestWaitSeconds : maxMinutes * 60,
  );
  return {
    times,
    waitSeconds: Math.min(minutes * 60, maxWaitSeconds),
    backoff,
    maxWaitSeconds,
    ...(times === 0 && { protected: true }),
  };
}
