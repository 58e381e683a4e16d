/** The jobs of a run that are in flight, as its log tells of them. Says at once when there are more of them than may be. */
import type { RunLimits } from '../../metadata/events.ts';
import type { StepPlan } from '../../plan/plan.ts';
import { Violation } from './violation.fixture.ts';

/** A job on its way: an attempt, or a chunk of them. */
export interface Job {
  readonly layer: string;
  readonly step: string;
  readonly tasks: Map<string, number>;
  /** Of its members, those that took the job's own end on themselves. */
  blamed: number;
  readonly token: string;
  readonly pack: string | undefined;
  readonly isChunk: boolean;
}

export class JobBook {
  /** Of attempts by `train[3]@1`, of chunks by token. */
  readonly jobs = new Map<string, Job>();
  /** Of all jobs that the log knows. */
  readonly tokens = new Set<string>();

  /** @throws Violation when limits are exceeded with it */
  begin(
    key: string,
    job: Omit<Job, 'blamed'>,
    { maxWorkers = Infinity, windows }: RunLimits,
    { concurrency }: Pick<StepPlan, 'concurrency'>,
  ): void {
    this.jobs.set(key, { ...job, blamed: 0 });
    this.tokens.add(job.token);
    const jobs = [...this.jobs.values()];
    const [task] = job.tasks.keys();
    const count = (what: string, limit: number | undefined, counted: number): void => {
      if (counted > (limit ?? Infinity))
        throw new Violation(`${counted} jobs are in flight ${what}, and ${limit} may be`, task);
    };
    count('in all', maxWorkers, jobs.length);
    count(`on '${job.layer}'`, windows[job.layer], jobs.filter(({ layer }) => layer === job.layer).length);
    count(`of '${job.step}'`, concurrency, jobs.filter(({ step }) => step === job.step).length);
  }

  /** The job that an attempt is in flight with. */
  of(task: string, attempt: number): Job | undefined {
    const alone = this.jobs.get(`${task}@${attempt}`);
    if (alone !== undefined) return alone;
    for (const job of this.jobs.values()) if (job.isChunk && job.tasks.get(task) === attempt) return job;
    return undefined;
  }

  /** @throws Violation when the attempt is not in flight */
  require(task: string, attempt: number, type: string): Job {
    const job = this.of(task, attempt);
    if (job === undefined)
      throw new Violation(`'${type}' was logged of '${task}@${attempt}', which is not in flight`, task);
    return job;
  }

  /** @throws Violation when the chunk is not in flight */
  chunk(token: string, type: string): Job {
    const job = this.jobs.get(token);
    if (job === undefined)
      throw new Violation(`'${type}' was logged of the chunk ${token}, which is not in flight`);
    return job;
  }

  /** An attempt is over; of a chunk the others go on. */
  leave(job: Job, task: string, attempt: number): void {
    if (job.isChunk) job.tasks.delete(task);
    else this.jobs.delete(`${task}@${attempt}`);
  }
}
