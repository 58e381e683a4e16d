import type { JobId, JobStatus, PollOptions } from '../compute-layer.ts';

/** Where statuses are looked up; `undefined`: not known. */
export type StatusOf = (job: JobId) => JobStatus | undefined;

/** Lets a poll wait for news: it returns at once when a job that it asks for has changed since it was last told. */
export class StatusBoard {
  readonly #changed = new Set<JobId>();
  readonly #waiting = new Set<() => void>();

  /** A job has a new status. */
  change(job: JobId): void {
    this.#changed.add(job);
    for (const wake of this.#waiting) wake();
  }

  /** A job is forgotten. */
  forget(job: JobId): void {
    this.#changed.delete(job);
  }

  /** The statuses of those jobs that are known; waits up to `waitMs` for one of them to change. */
  async read(
    jobs: readonly JobId[],
    statusOf: StatusOf,
    { waitMs, signal }: PollOptions,
  ): Promise<ReadonlyMap<JobId, JobStatus>> {
    const deadline = performance.now() + waitMs;
    const news = (): boolean => jobs.some((job) => this.#changed.has(job) || statusOf(job) === undefined);
    while (!news() && !signal.aborted && performance.now() < deadline)
      await this.#change(deadline - performance.now(), signal);
    const answer = new Map<JobId, JobStatus>();
    for (const job of jobs) {
      this.#changed.delete(job);
      const status = statusOf(job);
      if (status !== undefined) answer.set(job, status);
    }
    return answer;
  }

  async #change(waitMs: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
