import type { JobId, JobStatus } from 'leat/compute';
import type { JobBook } from './job-book.ts';
import { parseJobId } from './job-id.ts';

const consoles: readonly (readonly [prefix: string, host: string])[] = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
];

/** The page of a job in the console of AWS. A child of an array is named `ID:index`. */
function consoleLink(region: string, job: string): string {
  const host =
    consoles.find(([prefix]) => region.startsWith(prefix))?.[1] ?? `${region}.console.aws.amazon.com`;
  return `https://${host}/batch/home?region=${region}#jobs/detail/${encodeURIComponent(job)}`;
}

/** Children of an array that are told of with a link. */
const linked = 5;

/** Links to AWS's console in what is told of jobs: once each, and of the first few, since what is told is kept for each task. */
export class ConsoleLinks {
  readonly #region: string;
  readonly #told = new Set<JobId>();

  constructor(region: string) {
    this.#region = region;
  }

  /** The same status, with where to look at the job if that is worth telling. */
  add(job: JobId, status: JobStatus): JobStatus {
    if (status.state !== 'queued' && status.state !== 'starting') return status;
    if (this.#told.has(job) || (parseJobId(job)?.index ?? 0) >= linked) return status;
    this.#told.add(job);
    return { ...status, note: `${status.note ?? ''} ${consoleLink(this.#region, job)}` };
  }

  /** Nothing more is told of it. */
  forget(book: JobBook): void {
    for (let index = 0; index < Math.min(linked, book.size); index += 1) this.#told.delete(book.idOf(index));
  }
}
