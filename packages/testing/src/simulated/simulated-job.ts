import type { AttemptRequest, JobId, JobStatus } from 'leat/compute';

/** How a simulated attempt goes when nothing disturbs it. */
export interface SimulatedTask {
  readonly durationMs: number;
  /** Called when its process begins with it. */
  readonly begin?: () => void;
  /** What the task does at its end: commit its manifest, or not. Called once for each copy that gets that far. */
  readonly commit?: () => Promise<void>;
  /** What its process looks like from outside; `exit` 0 unless told. */
  readonly exitCode?: number;
  readonly output?: string;
  /** Of a chunk: what its members do, one after another; `exitCode` is the job's when all of them were worked through. */
  readonly members?: readonly SimulatedMember[];
}

/** How a member of a simulated chunk goes. */
export interface SimulatedMember {
  readonly durationMs: number;
  /** Called when the process begins with it. */
  readonly begin?: () => void;
  /** What it does at its end: add its line to the chunk's pack, or not. */
  readonly commit?: () => Promise<void>;
  readonly output?: string;
  /** The process ends with this member, with this exit code. */
  readonly exitCode?: number;
}

/** A job of the simulated layer. */
export interface SimulatedJob {
  readonly id: JobId;
  readonly request: AttemptRequest;
  readonly task: SimulatedTask;
  /** All statuses so far; the last one is true. */
  readonly history: JobStatus[];
  /** What it works through: a chunk's members, or the one task. */
  readonly members: readonly SimulatedMember[];
  /** Members that were begun. */
  begun: number;
  /** How many of them were told; a stale answer tells an older one again. */
  told: number;
  /** The layer denies that it knows it. */
  vanished: boolean;
  /** Ends its waiting and running. */
  readonly end: AbortController;
}

/** A job that was taken and has not begun. Its id is its token. */
export function newJob(request: AttemptRequest, task: SimulatedTask): SimulatedJob {
  const { exitCode: _ofTheJob, ...alone } = task;
  return {
    id: request.token,
    request,
    task,
    members: task.members ?? [alone],
    begun: 0,
    history: [{ state: 'submitted' }],
    told: 0,
    vanished: false,
    end: new AbortController(),
  };
}

/** The true status of a job. */
export const statusOf = (job: SimulatedJob): JobStatus => job.history.at(-1) as JobStatus;

/** Whether a job is over. */
export function isOver(job: SimulatedJob): boolean {
  const { state } = statusOf(job);
  return state === 'succeeded' || state === 'failed';
}
