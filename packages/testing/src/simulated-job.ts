import type { AttemptRequest, JobId, JobStatus } from 'leat/compute';

/** How a simulated attempt goes when nothing disturbs it. */
export interface SimulatedTask {
  readonly durationMs: number;
  /** What the task does at its end: commit its manifest, or not. Called once for each copy that gets that far. */
  readonly commit?: () => Promise<void>;
  /** What its process looks like from outside; `exit` 0 unless told. */
  readonly exitCode?: number;
  readonly output?: string;
}

/** A job of the simulated layer. */
export interface SimulatedJob {
  readonly id: JobId;
  readonly request: AttemptRequest;
  readonly task: SimulatedTask;
  /** All statuses so far; the last one is true. */
  readonly history: JobStatus[];
  /** How many of them were told; a stale answer tells an older one again. */
  told: number;
  /** The layer denies that it knows it. */
  vanished: boolean;
  /** Ends its waiting and running. */
  readonly end: AbortController;
}

/** The true status of a job. */
export const statusOf = (job: SimulatedJob): JobStatus => job.history.at(-1) as JobStatus;

/** Whether a job is over. */
export function isOver(job: SimulatedJob): boolean {
  const { state } = statusOf(job);
  return state === 'succeeded' || state === 'failed';
}
