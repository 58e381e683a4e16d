/**
 * The jobs of one layer that runs tasks on this machine: from a request through the wait for a place to an end that is remembered
 * for a while. A layer says how a job is started and does nothing else.
 */
import { LeatError } from '../../errors/index.ts';
import type {
  AttemptRequest,
  CheckFinding,
  Diagnosis,
  JobId,
  JobStatus,
  LogChunk,
  PollOptions,
  StepRequest,
  SubmitResult,
} from '../compute-layer.ts';
import { diagnoseEnd, diagnoseWait, type Remedies } from './diagnosis.ts';
import { MachineJob } from './machine-job.ts';
import { demandOf, shortages } from './placement.ts';
import type { Candidate, Places } from './places.ts';
import { StatusBoard } from './status-board.ts';

/** Jobs that are over are remembered this long: a few more than anybody asks about again. */
const remembered = 10_000;

/** How a layer runs its jobs. */
export interface JobStarter {
  /** The layer's name, for messages. */
  readonly layer: string;
  /** Starts it: it has its place. `gpus`: the devices that it was given. Does not throw. */
  readonly start: (job: MachineJob, request: AttemptRequest, gpus: readonly string[]) => void;
  /** Whether the kernel has killed for lack of memory since the last such answer; asked when nothing says so of the job itself. */
  readonly killedForMemory?: () => boolean;
  /** What can be done about failures that are its own. */
  readonly remedies: Remedies;
}

export class MachineJobs {
  readonly #places: Places;
  readonly #starter: JobStarter;
  readonly #board = new StatusBoard();
  readonly #jobs = new Map<JobId, MachineJob>();
  readonly #waiting = new Set<JobId>();
  readonly #over: JobId[] = [];
  #closed = false;

  constructor(places: Places, starter: JobStarter) {
    this.#places = places;
    this.#starter = starter;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many wait for a place. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A warning for each step that asks for more than this machine has. */
  check(requests: readonly StepRequest[]): readonly CheckFinding[] {
    const { machine } = this.#places;
    return requests.flatMap(({ step, resources }) => {
      const { cpu, memory, gpu } = demandOf(resources, machine);
      const missing = shortages({ cpu, memory, gpu }, machine);
      if (missing.length === 0) return [];
      return {
        step,
        level: 'warning' as const,
        message: `step '${step}' asks for ${missing.join(' and ')}: each of its tasks will run alone on this machine, with what there is`,
        hint: 'Ask for less with @resources, or move the step to a larger place with --with.',
      };
    });
  }

  /** Idempotent by token. @throws LeatError LAYER_FAILED when it is closed. */
  submit(batch: readonly AttemptRequest[]): readonly SubmitResult[] {
    if (this.#closed) {
      const { layer } = this.#starter;
      throw new LeatError('LAYER_FAILED', `the compute layer '${layer}' is closed and takes no more tasks`);
    }
    this.#places.enter(batch.flatMap((request) => this.#accept(request) ?? []));
    return batch.map(({ token }) => ({ token, job: token }));
  }

  async poll(jobs: readonly JobId[], options: PollOptions): Promise<ReadonlyMap<JobId, JobStatus>> {
    return this.#board.read(jobs, (job) => this.#jobs.get(job)?.status, options);
  }

  /** Those of this engine: the tasks of one that died have died with it. */
  find(tokens: readonly string[]): ReadonlyMap<string, JobId> {
    return new Map(tokens.filter((token) => this.#jobs.has(token)).map((token) => [token, token]));
  }

  cancel(jobs: readonly JobId[], { graceSeconds }: { readonly graceSeconds: number }): void {
    for (const job of jobs) this.#jobs.get(job)?.end('cancelled', graceSeconds);
  }

  async *logs(job: JobId): AsyncGenerator<LogChunk, void, undefined> {
    const known = this.#jobs.get(job);
    if (known !== undefined) yield* known.logs();
  }

  diagnose(job: JobId): Diagnosis {
    const known = this.#jobs.get(job);
    if (known === undefined) {
      const { layer } = this.#starter;
      return {
        kind: 'unknown',
        cause: `the ${layer} layer does not know this job: its engine has ended, and its tasks with it`,
      };
    }
    if (known.over) return diagnoseEnd(known.status, known.resources, this.#starter.remedies);
    const { machine, running } = this.#places;
    const { ahead, overtaken } = this.#places.standing(job);
    return diagnoseWait(
      { status: known.status, demand: known.demand, overtaken },
      { machine, running, ahead },
    );
  }

  /** Ends everything at once, and takes nothing more; resolves when it has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#places.leave([...this.#waiting]);
    const ends: Promise<unknown>[] = [];
    for (const job of this.#jobs.values()) {
      if (job.over) continue;
      job.end('cancelled', 0);
      ends.push(job.exited);
    }
    await Promise.all(ends);
  }

  #accept(request: AttemptRequest): Candidate | undefined {
    const { token } = request;
    if (this.#jobs.has(token)) return undefined;
    const demand = demandOf(request.resources, this.#places.machine);
    const job = new MachineJob(request, demand, {
      changed: () => this.#board.change(token),
      ended: (ended) => this.#ended(ended),
      killedForMemory: () => this.#starter.killedForMemory?.() ?? false,
    });
    this.#jobs.set(token, job);
    this.#waiting.add(token);
    this.#board.change(token);
    return { job: token, demand, start: (gpus) => this.#start(job, gpus) };
  }

  #start(job: MachineJob, gpus: readonly string[]): void {
    this.#waiting.delete(job.id);
    const request = job.takeRequest();
    if (request !== undefined) this.#starter.start(job, request, gpus);
  }

  #ended({ id }: MachineJob): void {
    this.#waiting.delete(id);
    this.#over.push(id);
    if (this.#over.length > remembered) {
      const oldest = this.#over.shift();
      if (oldest !== undefined) {
        this.#jobs.delete(oldest);
        this.#board.forget(oldest);
      }
    }
    this.#places.leave([id]);
  }
}
