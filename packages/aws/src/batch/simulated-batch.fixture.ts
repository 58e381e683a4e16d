/** A Batch in memory, on virtual time: what the poller and the sender are tested against where a server would take minutes. */
import type { Timing } from './call-budget.ts';
import type { BatchApi, JobDetail, JobSummary, LogPage, SubmitJobRequest } from './api.ts';

/** Virtual time: a wait passes at once, and moves it. */
export class VirtualTiming implements Timing {
  #now = 0;
  /** Called with each moment that is waited for. */
  passing: (now: number) => void = () => undefined;

  now(): number {
    return this.#now;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await Promise.resolve();
    if (signal?.aborted === true) return;
    this.#now += ms;
    this.passing(this.#now);
  }
}

type State = 'RUNNABLE' | 'STARTING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

interface Job {
  readonly id: string;
  readonly request: SubmitJobRequest;
  readonly states: State[];
  readonly createdAt: number;
  readonly listedAt: number;
}

/** An error as AWS's SDK throws it. */
export function awsError(name: string, httpStatusCode: number | undefined, message: string = name): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

/** See the file's header. */
export class SimulatedBatch implements BatchApi {
  readonly jobs = new Map<string, Job>();
  readonly counts = { submitJob: 0, describeJobs: 0, describedIds: 0, jobsNamed: 0, terminateJob: 0 };
  readonly terminated: string[] = [];
  /** What happens instead of the next calls: an error thrown before or after the call had its effect. */
  readonly troubles: { readonly after: boolean; readonly error: Error }[] = [];
  /** Jobs that are not shown yet. */
  readonly hidden = new Set<string>();
  /** Arrays that were ended before their children were made. */
  readonly unmade = new Set<string>();
  /** How long after they were taken jobs are listed, by which clock. */
  listing: { readonly afterMs: number; readonly timing: Timing } | undefined;
  #next = 0;
  #clock = 0;

  async region(): Promise<string> {
    return 'eu-north-1';
  }

  async submitJob(request: SubmitJobRequest): Promise<string> {
    this.counts.submitJob += 1;
    const trouble = this.troubles.shift();
    if (trouble?.after === false) throw trouble.error;
    const id = `00000000-0000-4000-8000-${String((this.#next += 1)).padStart(12, '0')}`;
    const size = request.arrayProperties?.size ?? 1;
    this.jobs.set(id, {
      id,
      request,
      states: Array.from({ length: size }, () => 'RUNNABLE'),
      createdAt: (this.#clock += 1),
      listedAt: this.listing === undefined ? 0 : this.listing.timing.now() + this.listing.afterMs,
    });
    if (trouble !== undefined) throw trouble.error;
    return id;
  }

  async describeJobs(ids: readonly string[]): Promise<readonly JobDetail[]> {
    this.counts.describeJobs += 1;
    this.counts.describedIds += ids.length;
    if (ids.length > 100) throw awsError('ClientException', 400, 'at most 100');
    const trouble = this.troubles.shift();
    if (trouble !== undefined) throw trouble.error;
    return ids.flatMap((id) => {
      const [parent = '', index] = id.split(':');
      const job = this.hidden.has(id) ? undefined : this.jobs.get(parent);
      if (job === undefined) return [];
      if (this.unmade.has(parent)) return index === undefined ? endedArray(job.id, job.states.length) : [];
      return index === undefined ? this.#parent(job) : detailOf(id, job.states[Number(index)] ?? 'RUNNABLE');
    });
  }

  async terminateJob(id: string): Promise<void> {
    this.counts.terminateJob += 1;
    this.terminated.push(id);
  }

  async jobsNamed(_: string, name: string): Promise<readonly JobSummary[]> {
    this.counts.jobsNamed += 1;
    const now = this.listing?.timing.now() ?? 0;
    return [...this.jobs.values()]
      .filter(({ id, request }) => request.jobName === name && !this.hidden.has(id))
      .filter(({ listedAt }) => listedAt <= now)
      .map(({ id, request, createdAt }) => ({ jobId: id, jobName: request.jobName ?? '', createdAt }));
  }

  async activeDefinition(): Promise<undefined> {
    return undefined;
  }

  async registerDefinition({
    jobDefinitionName = '',
  }: {
    readonly jobDefinitionName?: string | undefined;
  }): Promise<string> {
    return `${jobDefinitionName}:1`;
  }

  async queue(): Promise<undefined> {
    return undefined;
  }

  async environments(): Promise<readonly never[]> {
    return [];
  }

  async queueOrder(): Promise<readonly string[]> {
    return [];
  }

  async queueNames(): Promise<readonly string[]> {
    return [];
  }

  async jobsInState(): Promise<readonly string[]> {
    return [];
  }

  async logPage(): Promise<LogPage> {
    return { lines: [], next: undefined };
  }

  close(): void {
    // Nothing is open.
  }

  #parent({ id, states }: Job): JobDetail {
    if (states.length === 1) return detailOf(id, states[0] ?? 'RUNNABLE');
    const summary: Record<string, number> = {};
    for (const state of states) summary[state] = (summary[state] ?? 0) + 1;
    const over = (summary['SUCCEEDED'] ?? 0) + (summary['FAILED'] ?? 0) === states.length;
    const status = over ? (summary['FAILED'] === undefined ? 'SUCCEEDED' : 'FAILED') : 'PENDING';
    return {
      ...detailOf(id, 'RUNNABLE'),
      status,
      arrayProperties: { size: states.length, statusSummary: summary },
    };
  }
}

/** Somebody ended it while it waited. */
const endedArray = (id: string, size: number): JobDetail => ({
  ...detailOf(id, 'RUNNABLE'),
  status: 'FAILED',
  statusReason: 'not needed any more',
  isTerminated: true,
  stoppedAt: 2000,
  arrayProperties: { size, statusSummary: {} },
});

function detailOf(jobId: string, status: State): JobDetail {
  const over = status === 'SUCCEEDED' || status === 'FAILED';
  return {
    jobId,
    jobName: 'simulated',
    jobQueue: 'queue',
    jobDefinition: 'definition',
    status,
    startedAt: status === 'RUNNING' || over ? 1000 : undefined,
    ...(over ? { stoppedAt: 2000, container: { exitCode: status === 'FAILED' ? 3 : 0 } } : {}),
    ...(status === 'FAILED' ? { statusReason: 'Essential container in task exited' } : {}),
  };
}
