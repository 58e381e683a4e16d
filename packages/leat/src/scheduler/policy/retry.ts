import type { EventFailure } from '../../metadata/events.ts';
import type { RetryPolicy } from '../../plan/plan.ts';

/** How often a task is started again for faults of the platform, which its user does not pay for. */
export const platformRetries = 10;

/**
 * Starts of a task in a row that nothing counts. A link that ends within the hour allows for most of a day in a queue; what goes on for longer
 * is no queue, but a clock or a store that is wrong, and each start takes a machine.
 */
export const freeStarts = 20;

/** Wait before the first start that the platform pays for, doubled each time; and the longest. In milliseconds. */
const platformWait = { first: 1000, longest: 60_000 };

/** Who pays for a failure with a try: see the table of design §5.1. `queue`: no try at all, since it was only a long wait for a place. */
export type Payer = 'user' | 'platform' | 'queue' | 'nobody';

/**
 * Who pays for another attempt after this failure; `nobody`: there is none. A `start-failed` that says with the code
 * `LAYER_REFUSED` that it can never succeed is not tried again; one that says `JOB_EXPIRED` costs no try, until there have been
 * {@link freeStarts} of them in a row. A reason that this version does not know is the user's.
 *
 * @param expiredStarts those of its task just before this failure, in a row
 */
export function payerOf(failure: EventFailure, expiredStarts = 0): Payer {
  switch (failure.reason) {
    case 'cancelled':
    case 'refused':
      return 'nobody';
    case 'interrupted':
    case 'lost':
      return 'platform';
    case 'start-failed':
      if (isExpired(failure) && expiredStarts < freeStarts) return 'queue';
      return failure.code === 'LAYER_REFUSED' ? 'nobody' : 'platform';
    default:
      return 'user';
  }
}

/** A start that came too late for what its job was handed. */
export const isExpired = ({ reason, code }: EventFailure): boolean =>
  reason === 'start-failed' && code === 'JOB_EXPIRED';

/** A failed attempt, with the failures of its task so far, this one not included. */
export interface FailedAttempt {
  readonly failure: EventFailure;
  readonly ownFailures: number;
  readonly platformFailures: number;
  /** Starts that came too late, in a row. */
  readonly expiredStarts: number;
  /** Address and number, for the jitter: `train[3]@0`. */
  readonly name: string;
}

/** Milliseconds until the next attempt, or `undefined` when this was the last. */
export function retryWait(policy: RetryPolicy, failed: FailedAttempt): number | undefined {
  switch (payerOf(failed.failure, failed.expiredStarts)) {
    case 'nobody':
      return undefined;
    case 'queue':
      return queuePause(failed);
    case 'platform':
      return failed.platformFailures >= platformRetries ? undefined : platformPause(failed);
    case 'user':
      return failed.ownFailures >= policy.times ? undefined : userPause(policy, failed);
  }
}

/** No retry of a step waits longer than this, in milliseconds. */
export function longestRetryWait(policy: RetryPolicy | undefined): number {
  if (policy === undefined) return platformWait.longest;
  const { backoff, waitSeconds, times, maxWaitSeconds } = policy;
  // With room for the jitter.
  const longest = backoff === 'constant' ? waitSeconds : waitSeconds * 2 ** times * 1.25;
  return Math.max(platformWait.longest, Math.min(longest, maxWaitSeconds) * 1000);
}

/** These starts cost nothing, so each of them waits as if many had failed before. */
const queuePause = ({ name }: FailedAttempt): number =>
  Math.round(platformWait.longest * (0.5 + 0.5 * jitter(name)));

function platformPause({ platformFailures, name }: FailedAttempt): number {
  const pause = Math.min(platformWait.longest, platformWait.first * 2 ** platformFailures);
  // Downwards only: after a storm of lost machines, starts spread over half the wait.
  return Math.round(pause * (0.5 + 0.5 * jitter(name)));
}

function userPause(policy: RetryPolicy, { ownFailures, name }: FailedAttempt): number {
  const longest = policy.maxWaitSeconds * 1000;
  const first = policy.waitSeconds * 1000;
  // A constant wait is kept as it was written; an exponential one is spread so that many failed tasks do not come back at once.
  if (policy.backoff === 'constant') return Math.round(Math.min(longest, first));
  const pause = Math.min(longest, first * 2 ** ownFailures);
  return Math.round(Math.min(longest, pause * (0.75 + 0.5 * jitter(name))));
}

/** A number of [0, 1) that depends on the text alone (FNV-1a): the scheduler may not draw lots. */
export function jitter(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  // FNV leaves neighbours such as `train[3]@0` and `train[4]@0` close together in the high bits; one round of mixing parts them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 12)) >>> 0) / 2 ** 32;
}
