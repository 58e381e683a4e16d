import type { Diagnosis, JobStatus } from '../../compute/compute-layer.ts';
import type { AttemptManifest } from '../../datastore/manifest.ts';
import type { EventFailure, RunEvent } from '../../metadata/events.ts';

/** An attempt in flight, as far as its end is concerned. */
export interface Ending {
  readonly task: string;
  readonly attempt: number;
  /** Key of its manifest. */
  readonly manifest: string;
  /** The engine has asked for its end. */
  readonly cancelled: boolean;
  /** It ran past its timeout and the engine has ended it. */
  readonly overdue: boolean;
}

/** A job that is over, or that its layer no longer knows. */
export type JobEnd = Extract<JobStatus, { state: 'succeeded' | 'failed' }>;

type Failed = Extract<JobStatus, { state: 'failed' }>;

/**
 * What a finished job means for its attempt. The manifest decides, whatever the layer says: what is committed is committed, and
 * only its absence makes the layer's reason count.
 */
export function endOfAttempt(
  ending: Ending,
  end: JobEnd,
  manifest: AttemptManifest | undefined,
  diagnosis?: Diagnosis,
): RunEvent {
  const { task, attempt } = ending;
  const at = end.endedAt;
  if (manifest?.status === 'succeeded') {
    const { outcome, startedAt } = manifest;
    return {
      type: 'attempt-succeeded',
      at: Math.max(at, startedAt),
      task,
      attempt,
      manifest: ending.manifest,
      outcome,
      startedAt,
    };
  }
  const failure = manifest?.failure ?? failureOf(ending, end, diagnosis);
  const startedAt = manifest?.startedAt ?? end.startedAt;
  return {
    type: 'attempt-failed',
    at,
    task,
    attempt,
    failure,
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}

function failureOf(ending: Ending, end: JobEnd, diagnosis: Diagnosis | undefined): EventFailure {
  if (end.state === 'succeeded') return leftNothing;
  const { exitCode, signal } = end;
  const reason = reasonOf(ending, end.reason);
  const message =
    diagnosis === undefined || diagnosis.cause === end.message
      ? end.message
      : `${end.message}: ${diagnosis.cause}`;
  return {
    reason,
    type: reason,
    message: ending.overdue ? `it ran past its timeout: ${message}` : message,
    ...(diagnosis?.remedy === undefined ? {} : { hint: diagnosis.remedy }),
    ...codeOf(end, reason),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Whether another start may help, and whether it costs a try: see `retry.ts`. */
function codeOf({ permanent, expired }: Failed, reason: string): Pick<EventFailure, 'code'> {
  if (permanent === true) return { code: 'LAYER_REFUSED' };
  return reason === 'start-failed' && expired === true ? { code: 'JOB_EXPIRED' } : {};
}

/** A job that the engine itself ended died of that, whatever its last breath looked like to the layer. */
function reasonOf(ending: Ending, reason: string): string {
  if (ending.overdue) return 'timeout';
  return ending.cancelled && reason !== 'timeout' && reason !== 'out-of-memory' ? 'cancelled' : reason;
}

const leftNothing: EventFailure = {
  reason: 'exit',
  type: 'exit',
  message: "the task's process ended without leaving a result",
  exitCode: 0,
  hint: 'Does the step, or something that it calls, end the process, as process.exit() does?',
};

/** The end of a job that its layer no longer knows. */
export const lostJob = (layer: string, at: number): JobEnd => ({
  state: 'failed',
  reason: 'lost',
  message: `the compute layer '${layer}' no longer knows its job`,
  endedAt: at,
});
