import { expect, test } from 'vitest';
import { cancelReason, type DescribedJob, statusOf } from './job-status.ts';

test.each<[DescribedJob, object]>([
  [{ status: 'SUBMITTED' }, { state: 'submitted' }],
  [{ status: 'PENDING' }, { state: 'queued', note: 'PENDING' }],
  [{ status: 'RUNNABLE' }, { state: 'queued', note: 'RUNNABLE' }],
  [
    { status: 'RUNNABLE', statusReason: 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …' },
    { state: 'queued', note: 'RUNNABLE: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - …' },
  ],
  [{ status: 'STARTING' }, { state: 'starting', note: 'STARTING' }],
  [
    { status: 'RUNNING', startedAt: 5 },
    { state: 'running', startedAt: 5 },
  ],
  [
    { status: 'SUCCEEDED', startedAt: 5, stoppedAt: 9 },
    { state: 'succeeded', startedAt: 5, endedAt: 9 },
  ],
  // Clocks of replicas: nothing ends before it began.
  [
    { status: 'SUCCEEDED', startedAt: 11, stoppedAt: 9 },
    { state: 'succeeded', startedAt: 9, endedAt: 9 },
  ],
])('%o', (job, expected) => {
  expect(statusOf(job)).toEqual(expected);
});

/** `statusReason`, `container.reason`, exit code → reason, whether it is for ever. */
const failures: readonly [string, string | undefined, number | undefined, string, boolean?][] = [
  ['Host EC2 (instance i-0a1b2c3d4e5f67890) terminated.', undefined, undefined, 'interrupted'],
  ['Host EC2 (instance i-0a1b2c3d4e5f67890) terminated.', undefined, 143, 'interrupted'],
  ['Your Spot Task was interrupted.', undefined, 137, 'interrupted'],
  [
    'Essential container in task exited',
    'OutOfMemoryError: Container killed due to memory usage',
    137,
    'out-of-memory',
  ],
  ['Essential container in task exited', undefined, 137, 'exit'],
  ['Essential container in task exited', undefined, 1, 'exit'],
  ['Essential container in task exited', undefined, 143, 'exit'],
  ['Job attempt duration exceeded timeout', undefined, 143, 'timeout'],
  [
    'Task failed to start',
    'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/acme/nothing:1: not found',
    undefined,
    'start-failed',
    true,
  ],
  [
    'Task failed to start',
    'CannotPullContainerError: … toomanyrequests: You have reached your pull rate limit',
    undefined,
    'start-failed',
  ],
  [
    'Task failed to start',
    'CannotPullContainerError: Error response from daemon: Get "https://…": net/http: TLS handshake timeout',
    undefined,
    'start-failed',
  ],
  ['CannotPullECRContainerError: AccessDeniedException', undefined, undefined, 'start-failed', true],
  [
    'Task failed to start',
    'CannotStartContainerError: … exec: "/bin/sh": stat /bin/sh: no such file or directory',
    127,
    'start-failed',
    true,
  ],
  [
    'Task failed to start',
    'CannotStartContainerError: Error response from daemon: no space left on device',
    undefined,
    'start-failed',
  ],
  [
    'ResourceInitializationError: unable to pull secrets or registry auth: … i/o timeout',
    undefined,
    undefined,
    'start-failed',
  ],
  [
    'ECS was unable to assume the role that was provided for this task',
    undefined,
    undefined,
    'start-failed',
    true,
  ],
  ['Dependent Job failed', undefined, undefined, 'start-failed', true],
  [
    'Canceled by JobStateTimeLimit action due to reason: MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
    undefined,
    undefined,
    'start-failed',
    true,
  ],
  [
    'Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    undefined,
    undefined,
    'start-failed',
  ],
  [
    'DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s',
    undefined,
    undefined,
    'start-failed',
  ],
  ['CannotInspectContainerError: Could not transition to stopped', undefined, undefined, 'lost'],
  [cancelReason, undefined, 143, 'cancelled'],
  ['', undefined, undefined, 'lost'],
];

test.each(failures)('%s / %s / %s → %s', (...failure) => {
  const [statusReason, reason, exitCode, expected, permanent] = failure;
  const status = statusOf({
    status: 'FAILED',
    statusReason,
    startedAt: 5,
    stoppedAt: 9,
    container: {
      ...(reason === undefined ? {} : { reason }),
      ...(exitCode === undefined ? {} : { exitCode }),
    },
  });
  expect(status).toMatchObject({ state: 'failed', reason: expected, startedAt: 5, endedAt: 9 });
  expect('permanent' in status).toBe(permanent === true);
});

test('a job that somebody ends on Batch is cancelled, in his words', () => {
  const status = statusOf({
    status: 'FAILED',
    isTerminated: true,
    statusReason: 'too expensive',
    container: { exitCode: 143 },
  });
  expect(status).toMatchObject({ reason: 'cancelled', message: 'somebody ended it on Batch: too expensive' });
});

test('a job that failed before its container ran was not started', () => {
  expect(statusOf({ status: 'FAILED', stoppedAt: 9 })).toMatchObject({ reason: 'start-failed' });
});
