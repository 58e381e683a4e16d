import { describe, expect, it } from 'vitest';
import { isPassing, mostTries, waitBefore } from './retry.ts';

describe('what is tried again', () => {
  it.each([
    [undefined, 'ECONNRESET', true],
    [undefined, 'ETIMEDOUT', true],
    [undefined, 'EAI_AGAIN', true],
    [undefined, 'HPE_INVALID_CONSTANT', true],
    [undefined, 'ENOTFOUND', false],
    [undefined, 'CERT_HAS_EXPIRED', false],
    [undefined, 'ABORT_ERR', false],
    [500, 'InternalError', true],
    [503, 'SlowDown', true],
    [429, '', true],
    [400, 'RequestTimeout', true],
    [409, 'ConditionalRequestConflict', true],
    [409, 'BucketAlreadyExists', false],
    [403, 'AccessDenied', false],
    [404, 'NoSuchBucket', false],
    [501, 'NotImplemented', false],
  ])('%s %s: %s', (status, code, again) => {
    expect(isPassing({ status, code })).toBe(again);
  });
});

describe('how long is waited', () => {
  it('doubles, to a bound, by chance', () => {
    const waits = Array.from({ length: mostTries - 1 }, (_, at) =>
      waitBefore(at + 2, { status: 500, code: '' }, 1),
    );
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 8000, 8000, 8000, 8000]);
    expect(waitBefore(9, { status: 500, code: '' }, 0)).toBe(0);
  });

  it('is never short where the server asks for patience, and never longer than it may ask for', () => {
    expect(waitBefore(2, { status: 503, code: 'SlowDown' }, 0)).toBe(50);
    expect(waitBefore(2, { status: 429, code: '', retryAfterMs: 3_000 }, 0.5)).toBe(3_000);
    expect(waitBefore(2, { status: 429, code: '', retryAfterMs: 3_600_000 }, 0.5)).toBe(20_000);
  });
});
