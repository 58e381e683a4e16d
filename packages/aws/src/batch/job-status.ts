/** What Batch says of a job → our states and reasons. Pure. */
import type { JobFailureReason, JobStatus } from 'leat/compute';
import type { JobDetail } from './api.ts';

/** The facts of DescribeJobs that decide. */
export type DescribedJob = Partial<
  Pick<
    JobDetail,
    | 'status'
    | 'statusReason'
    | 'createdAt'
    | 'startedAt'
    | 'stoppedAt'
    | 'isCancelled'
    | 'isTerminated'
    | 'container'
  >
>;

/** What TerminateJob gives as its reason when the engine ends a job. Batch tells it again with the job's last status. */
export const cancelReason = 'ended by leat';

type Failed = Extract<JobStatus, { state: 'failed' }>;

/** The verdict on a failed job. */
type Cause = Pick<Failed, 'reason' | 'message' | 'permanent'>;

/** One thing that Batch or ECS may say. */
interface Rule {
  readonly says: RegExp;
  readonly reason: JobFailureReason;
  /** It can never succeed. */
  readonly permanent?: true;
  /** In our words; what Batch said follows. */
  readonly message: string;
}

/** The first that fits decides. Held against `statusReason` and `container.reason` together. */
const rules: readonly Rule[] = [
  {
    says: /^Host EC2 .*terminated|^Host EC2/,
    reason: 'interrupted',
    message: 'its instance was taken away',
  },
  {
    says: /Spot (?:Task|Instance) (?:was|is being) (?:interrupted|terminated|reclaimed)|SpotInterruption/i,
    reason: 'interrupted',
    message: 'its Spot capacity was taken away',
  },
  {
    says: /OutOfMemoryError/,
    reason: 'out-of-memory',
    message: 'it needed more memory than it has, and was killed',
  },
  {
    says: /exceeded timeout|attempt duration exceeded/i,
    reason: 'timeout',
    message: 'Batch ended it: it ran longer than it may',
  },
  {
    says: /JobStateTimeLimit.*MISCONFIGURATION/s,
    reason: 'start-failed',
    permanent: true,
    message: 'its queue gave it up, since it can never start there',
  },
  {
    says: /JobStateTimeLimit/,
    reason: 'start-failed',
    message: 'its queue gave it up: it waited longer than the queue lets jobs wait',
  },
  {
    says: /Dependent Job failed/i,
    reason: 'start-failed',
    permanent: true,
    message: 'a job that it depends on failed',
  },
  {
    says: /CannotPull\w*.*(?:toomanyrequests|too many requests|rate limit|timeout|timed out|temporary|connection (?:reset|refused)|EOF|no space left|5\d\d )/is,
    reason: 'start-failed',
    message: 'its image could not be pulled now',
  },
  {
    says: /CannotPull\w*/,
    reason: 'start-failed',
    permanent: true,
    message: 'its image cannot be pulled',
  },
  {
    says: /unable to assume (?:the )?role|AccessDenied|not authorized/i,
    reason: 'start-failed',
    permanent: true,
    message: 'one of its roles is missing or may not do what is needed',
  },
  {
    says: /CannotStartContainerError.*(?:exec:? "?\/bin\/sh|executable file|exec format error)/is,
    reason: 'start-failed',
    permanent: true,
    message: "its image cannot run Leat's start: it needs /bin/sh, of the instance's architecture",
  },
  {
    says: /ResourceInitializationError|CannotStartContainerError|CannotCreateContainerError|CannotCreateVolumeError|DockerTimeoutError|Task failed to start|Timeout waiting for network interface/i,
    reason: 'start-failed',
    message: 'its container could not be started',
  },
  {
    says: /CannotInspectContainerError|CannotStopContainerError|ContainerRuntimeError|InternalError/,
    reason: 'lost',
    message: 'its instance lost sight of it',
  },
];

/**
 * The status of a job as Batch describes it.
 *
 * @example statusOf({ status: 'RUNNING', startedAt: 1764277200000 }) // { state: 'running', startedAt: 1764277200000 }
 */
export function statusOf(job: DescribedJob): JobStatus {
  const { status = 'SUBMITTED', statusReason } = job;
  switch (status) {
    case 'SUBMITTED':
      return { state: 'submitted' };
    case 'PENDING':
    case 'RUNNABLE':
      return { state: 'queued', note: noteOf(status, statusReason) };
    case 'STARTING':
      return { state: 'starting', note: status };
    case 'RUNNING':
      return { state: 'running', startedAt: beganAt(job) };
    case 'SUCCEEDED':
      return succeeded(job);
    case 'FAILED':
      return failed(job);
    default:
      // A state that this version does not know is one on the way: nothing ends by it.
      return { state: 'queued', note: noteOf(status, statusReason) };
  }
}

/** Some time is told of everything that runs. */
const beganAt = (job: DescribedJob): number => timeOf(job.startedAt) ?? timeOf(job.createdAt) ?? 0;

function succeeded(job: DescribedJob): JobStatus {
  const endedAt = timeOf(job.stoppedAt) ?? timeOf(job.startedAt) ?? 0;
  return { state: 'succeeded', startedAt: Math.min(timeOf(job.startedAt) ?? endedAt, endedAt), endedAt };
}

const noteOf = (status: string, reason: string | undefined): string =>
  reason === undefined || reason === '' ? status : `${status}: ${reason}`;

function failed(job: DescribedJob): Failed {
  const exitCode = job.container?.exitCode;
  const startedAt = timeOf(job.startedAt);
  const endedAt = timeOf(job.stoppedAt) ?? startedAt ?? timeOf(job.createdAt) ?? 0;
  return {
    state: 'failed',
    ...causeOf(job),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(startedAt === undefined ? {} : { startedAt: Math.min(startedAt, endedAt) }),
    endedAt,
  };
}

function causeOf(job: DescribedJob): Cause {
  const { statusReason = '', container, isCancelled, isTerminated, startedAt } = job;
  const said = [statusReason, container?.reason ?? ''].filter((part) => part !== '').join('; ');
  const rule = rules.find(({ says }) => says.test(said));
  if (rule !== undefined && rule.reason !== 'timeout') return byRule(rule, said);
  if (statusReason.startsWith(cancelReason)) return { reason: 'cancelled', message: 'it was cancelled' };
  if (isCancelled === true || isTerminated === true)
    return { reason: 'cancelled', message: `somebody ended it on Batch: ${said || 'without saying why'}` };
  if (rule !== undefined) return byRule(rule, said);
  return byExit(container?.exitCode, said, startedAt !== undefined);
}

const byRule = ({ reason, permanent, message }: Rule, said: string): Cause => ({
  reason,
  message: `${message} (${said})`,
  ...(permanent === undefined ? {} : { permanent }),
});

/** Exit codes of processes that died of a signal. */
const killed = { kill: 137, segmentation: 139, terminate: 143 };

function byExit(exitCode: number | undefined, said: string, began: boolean): Cause {
  const why = said === '' ? '' : ` (${said})`;
  if (exitCode === undefined) {
    return began
      ? { reason: 'lost', message: `its container ended and nobody knows how${why}` }
      : { reason: 'start-failed', message: `it failed before its container ran${why}` };
  }
  if (exitCode === 0) return { reason: 'exit', message: 'its container ended with exit code 0' };
  const signals = new Map([
    [killed.kill, 'SIGKILL, most often for want of memory'],
    [killed.segmentation, 'a segmentation fault'],
    [killed.terminate, 'SIGTERM'],
  ]);
  const signal = signals.get(exitCode);
  return {
    reason: 'exit',
    message: `its container ended with exit code ${exitCode}${signal === undefined ? '' : `: ${signal}`}`,
  };
}

/** Batch says 0, or nothing, of what has not happened. */
const timeOf = (time: number | undefined): number | undefined =>
  time === undefined || time <= 0 ? undefined : time;
