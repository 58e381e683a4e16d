import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RetryPolicy } from '../../plan/plan.ts';
import { freeStarts, jitter, longestRetryWait, payerOf, platformRetries, retryWait } from './retry.ts';

const failure = (reason: string, code?: string) => ({
  reason,
  type: reason,
  message: '',
  ...(code === undefined ? {} : { code }),
});
const policy = (more: Partial<RetryPolicy> = {}): RetryPolicy => ({
  times: 3,
  waitSeconds: 60,
  backoff: 'constant',
  maxWaitSeconds: 600,
  ...more,
});
const failed = (reason: string, ownFailures = 0, platformFailures = 0) => ({
  failure: failure(reason),
  ownFailures,
  platformFailures,
  expiredStarts: 0,
  name: 'train[3]@0',
});

describe('who pays', () => {
  test.for([
    ['error', 'user'],
    ['exit', 'user'],
    ['out-of-memory', 'user'],
    ['timeout', 'user'],
    ['interrupted', 'platform'],
    ['lost', 'platform'],
    ['start-failed', 'platform'],
    ['refused', 'nobody'],
    ['cancelled', 'nobody'],
    ['something new', 'user'],
  ] as const)('for %s: %s', ([reason, payer]) => {
    expect(payerOf(failure(reason))).toBe(payer);
  });

  test('nobody, for a start that can never succeed', () => {
    expect(payerOf(failure('start-failed', 'LAYER_REFUSED'))).toBe('nobody');
  });

  test('the queue, for a start that came so late that what the job was handed had expired', () => {
    expect(payerOf(failure('start-failed', 'JOB_EXPIRED'))).toBe('queue');
    expect(payerOf(failure('start-failed', 'JOB_EXPIRED'), freeStarts - 1)).toBe('queue');
  });

  test('the platform, for one that came after too many of those', () => {
    expect(payerOf(failure('start-failed', 'JOB_EXPIRED'), freeStarts)).toBe('platform');
    expect(payerOf(failure('start-failed', 'LAYER_REFUSED'), freeStarts)).toBe('nobody');
  });
});

describe('the wait', () => {
  test('is kept as it was written when it is constant', () => {
    expect(retryWait(policy(), failed('error'))).toBe(60_000);
    expect(retryWait(policy({ maxWaitSeconds: 10 }), failed('error', 2))).toBe(10_000);
  });

  test('is nothing when nothing was written', () => {
    expect(retryWait(policy({ waitSeconds: 0, backoff: 'exponential' }), failed('error', 2))).toBe(0);
  });

  test('doubles when it is exponential, spread by a quarter, and never above its bound', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 }), fc.string(), (ownFailures, name) => {
        const wait = retryWait(policy({ backoff: 'exponential' }), { ...failed('exit', ownFailures), name })!;
        expect(wait).toBeGreaterThanOrEqual(60_000 * 2 ** ownFailures * 0.75);
        expect(wait).toBeLessThanOrEqual(60_000 * 2 ** ownFailures * 1.25);
        expect(
          retryWait(policy({ backoff: 'exponential', maxWaitSeconds: 61 }), {
            ...failed('exit', ownFailures),
            name,
          }),
        ).toBeLessThanOrEqual(61_000);
      }),
    );
  });

  test('ends with the tries', () => {
    expect(retryWait(policy({ times: 0 }), failed('error'))).toBeUndefined();
    expect(retryWait(policy(), failed('timeout', 2))).toBeDefined();
    expect(retryWait(policy(), failed('timeout', 3))).toBeUndefined();
  });

  test('is the platform’s own for its faults, whatever the user has left, and ends as well', () => {
    for (let count = 0; count < platformRetries; count += 1) {
      const wait = retryWait(policy({ times: 0 }), failed('lost', 0, count))!;
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(60_000);
    }
    expect(retryWait(policy(), failed('interrupted', 0, platformRetries))).toBeUndefined();
  });

  test('is never short after a start that nothing counts, whatever the platform has done to its task', () => {
    for (const count of [0, platformRetries, 1000]) {
      const wait = retryWait(policy({ times: 0 }), {
        ...failed('start-failed', 0, count),
        failure: failure('start-failed', 'JOB_EXPIRED'),
        expiredStarts: freeStarts - 1,
      });
      expect(wait).toBeGreaterThanOrEqual(30_000);
      expect(wait).toBeLessThanOrEqual(60_000);
    }
  });

  test('is the platform’s when one start after the other has come too late, and ends', () => {
    const expired = (platformFailures: number) =>
      retryWait(policy(), {
        ...failed('start-failed', 0, platformFailures),
        failure: failure('start-failed', 'JOB_EXPIRED'),
        expiredStarts: freeStarts + platformFailures,
      });
    expect(expired(0)).toBeLessThanOrEqual(1000);
    expect(expired(platformRetries - 1)).toBeDefined();
    expect(expired(platformRetries)).toBeUndefined();
  });
});

test('jitter is the same for the same text, and spread over neighbours', () => {
  expect(jitter('train[3]@0')).toBe(jitter('train[3]@0'));
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let index = 0; index < 10_000; index += 1) buckets[Math.floor(jitter(`train[${index}]@0`) * 10)]! += 1;
  for (const count of buckets) expect(count).toBeGreaterThan(800);
});

test('no wait is longer than the longest', () => {
  const policies = fc.record({
    times: fc.nat(10),
    waitSeconds: fc.nat(5_000),
    backoff: fc.constantFrom('constant' as const, 'exponential' as const),
    maxWaitSeconds: fc.nat(604_800),
  });
  fc.assert(
    fc.property(policies, fc.nat(10), fc.nat(10), (told, own, platform) => {
      for (const reason of ['error', 'lost']) {
        const wait = retryWait(told, failed(reason, own, platform)) ?? 0;
        expect(wait).toBeLessThanOrEqual(longestRetryWait(told));
      }
    }),
  );
});
