import type { JobId, JobStatus } from './compute-layer.ts';

/** The order in which a job passes through its states. */
const rank: Readonly<Record<JobStatus['state'], number>> = {
  submitted: 0,
  queued: 1,
  starting: 2,
  running: 3,
  succeeded: 4,
  failed: 4,
};

/** Whether a layer's word for a state is one of the contract's. */
export const isState = (state: string): state is JobStatus['state'] => Object.hasOwn(rank, state);

/** Ends that are remembered: a poll that was under way when a job ended may ask about it once more. */
const remembered = 10_000;

/**
 * The last state of each job that was asked about. Platforms answer from caches and replicas, so an answer may be older than
 * the one before it; the newer one stands then.
 */
export class JobStates {
  readonly #last = new Map<JobId, JobStatus>();
  readonly #ended: JobId[] = [];

  /** The status to believe. */
  accept(job: JobId, status: JobStatus): JobStatus {
    const last = this.#last.get(job);
    if (last !== undefined && isOver(last)) return last;
    if (last !== undefined && rank[status.state] < rank[last.state]) return last;
    this.#last.set(job, status);
    if (isOver(status)) this.#ended.push(job);
    return status;
  }

  /** Forgets the oldest ends when there are many. */
  forgetEnded(): void {
    if (this.#ended.length <= 2 * remembered) return;
    for (const job of this.#ended.splice(0, this.#ended.length - remembered)) this.#last.delete(job);
  }
}

const isOver = (status: JobStatus): boolean => rank[status.state] === rank.succeeded;
