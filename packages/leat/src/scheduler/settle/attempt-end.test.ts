import { expect, test } from 'vitest';
import { endOfAttempt, type Ending, type JobEnd } from './attempt-end.ts';

const ending = (over: Partial<Ending> = {}): Ending => ({
  task: 'train[3]',
  attempt: 1,
  manifest: 'm',
  cancelled: false,
  overdue: false,
  ...over,
});

const failed: JobEnd = { state: 'failed', reason: 'start-failed', message: 'no', endedAt: 9 };

test.each<[string, Ending, JobEnd, Readonly<Record<string, unknown>>]>([
  ['a start that may work the next time', ending(), failed, { reason: 'start-failed' }],
  [
    'one that never will',
    ending(),
    { ...failed, permanent: true },
    { reason: 'start-failed', code: 'LAYER_REFUSED' },
  ],
  [
    'one that came too late for its link',
    ending(),
    { ...failed, expired: true },
    { reason: 'start-failed', code: 'JOB_EXPIRED' },
  ],
  [
    'one that came too late and was ended',
    ending({ cancelled: true }),
    { ...failed, expired: true },
    { reason: 'cancelled' },
  ],
  [
    'one that came too late for its timeout',
    ending({ overdue: true }),
    { ...failed, expired: true },
    { reason: 'timeout' },
  ],
])('the failure of an attempt: %s', (_, which, end, expected) => {
  const event = endOfAttempt(which, end, undefined);
  if (event.type !== 'attempt-failed') throw new Error(`it is ${event.type}`);
  const { reason, code } = event.failure;
  expect({ reason, ...(code === undefined ? {} : { code }) }).toEqual(expected);
});
