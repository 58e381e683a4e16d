/**
 * What Batch told of jobs when they failed, for whoever asks why they did. A poll has had it in an answer of up to 100 jobs: asking once more,
 * one job at a time, would cost as many calls as jobs have failed.
 */
import type { JobId } from 'leat/compute';
import type { BatchFacts } from '../diagnose/facts.ts';
import { jobFacts } from './collect/job-facts.ts';
import { isOver } from './job-book.ts';
import type { EndedJob } from './poller.ts';

/** Jobs of which it is kept, the newest: the engine asks soon after the end, and has 10,000 under way. Of older ones Batch is asked again. */
const most = 20_000;

/** See the file's header. */
export class EndedFacts {
  /** The oldest first. */
  readonly #facts = new Map<JobId, BatchFacts>();
  readonly #most: number;

  constructor(mostKept: number = most) {
    this.#most = mostKept;
  }

  /** A job has ended, or (without a detail) is not known to Batch any more. */
  ended({ job, status, detail }: Pick<EndedJob, 'job' | 'status' | 'detail'>): void {
    if (!isOver(status) || status.state === 'succeeded') return;
    // Of a child that was never made it is what Batch says of its parent.
    const facts = detail === undefined ? {} : { job: { ...jobFacts(detail), id: job } };
    this.#facts.set(job, { collectedAt: Date.now(), ...facts });
    const [oldest] = this.#facts.keys();
    if (this.#facts.size > this.#most && oldest !== undefined) this.#facts.delete(oldest);
  }

  /** What Batch told of a job; `undefined`: it has not ended as far as is known here, or long ago. */
  of(job: JobId): BatchFacts | undefined {
    return this.#facts.get(job);
  }
}
