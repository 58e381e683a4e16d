/**
 * A compute layer without machines: it runs tasks that are functions, on virtual time, and does to them all that real
 * platforms do: it makes them wait, starts them twice, loses them, lets lost ones finish and commit, answers with old
 * states, fails calls that have had their effect. The same seed does the same. The second implementation of the contract,
 * for whoever drives layers; it must keep to the contract wherever real platforms do. Here are the calls and their answers;
 * what happens to jobs is in `simulated-platform.ts`.
 */
import {
  type AttemptRequest,
  type CheckFinding,
  type ComputeLayer,
  contractVersion,
  type Diagnosis,
  type JobId,
  type JobStatus,
  type LayerCapabilities,
  type LogChunk,
  type PollOptions,
  type SubmitResult,
} from 'leat/compute';
import { isOver, newJob, type SimulatedJob, statusOf } from './simulated-job.ts';
import type { SimulatedFaults, SimulatedLayerOptions } from './simulated-layer-options.ts';
import { SimulatedPlatform } from './simulated-platform.ts';

/** See the file's header. */
export class SimulatedLayer implements ComputeLayer {
  readonly name: string;
  readonly contract: typeof contractVersion = contractVersion;
  readonly capabilities: LayerCapabilities;
  readonly #options: SimulatedLayerOptions;
  readonly #platform: SimulatedPlatform;
  readonly #jobs = new Map<JobId, SimulatedJob>();

  constructor(options: SimulatedLayerOptions) {
    this.#options = options;
    this.name = options.name ?? 'simulated';
    this.#platform = new SimulatedPlatform(options);
    this.capabilities = {
      arrays: 0,
      gang: false,
      chunks: true,
      gpu: true,
      isolation: 'machine',
      datastores: ['file', 'memory'],
      window: 16,
      ...options.capabilities,
    };
  }

  /** Names of attempts in the order of their starts, doubled ones twice. */
  get started(): readonly string[] {
    return this.#platform.started;
  }

  /** Tokens of the jobs that it has called expired. */
  get expired(): ReadonlySet<string> {
    return this.#platform.expired;
  }

  /** Most tasks that ran at once; copies and lost ones do not count. */
  get peak(): number {
    return this.#platform.peak;
  }

  /** Jobs that the layer has taken and that are not over; lost ones are not among them. */
  get inFlight(): readonly string[] {
    return [...this.#jobs.values()]
      .filter((job) => !isOver(job) && !job.vanished)
      .map(({ request }) => request.name);
  }

  /** From now on nothing goes wrong. */
  calm(): void {
    this.trouble({});
  }

  /** From now on this is what goes wrong, and nothing else. */
  trouble(faults: Partial<SimulatedFaults>): void {
    this.#platform.trouble(faults);
  }

  async check(): Promise<readonly CheckFinding[]> {
    return [];
  }

  async submit(batch: readonly AttemptRequest[]): Promise<readonly SubmitResult[]> {
    const platform = this.#platform;
    const isUnanswered = platform.happens('unanswered');
    const failsAfter =
      isUnanswered || platform.happens('failingCall') ? platform.random.between(0, batch.length) : undefined;
    const results: SubmitResult[] = [];
    for (const [index, request] of batch.entries()) {
      if (index === failsAfter) break;
      results.push(this.#accept(request));
    }
    platform.fill();
    if (isUnanswered) await new Promise(() => {});
    if (failsAfter !== undefined) throw new Error('the connection broke while the answer was on its way');
    return results;
  }

  async poll(
    jobs: readonly JobId[],
    { waitMs, signal }: PollOptions,
  ): Promise<ReadonlyMap<JobId, JobStatus>> {
    this.#mayFail('poll');
    const known = jobs.flatMap((id) => this.#jobs.get(id) ?? []);
    const news = (): boolean => known.some((job) => job.vanished || job.told < job.history.length);
    if (this.#options.longPoll !== false && !news()) await this.#platform.changes.wait(waitMs, signal, news);
    const answer = new Map<JobId, JobStatus>();
    for (const job of known) {
      if (job.vanished) continue;
      answer.set(job.id, this.#tell(job));
    }
    return answer;
  }

  async find(tokens: readonly string[]): Promise<ReadonlyMap<string, JobId>> {
    this.#mayFail('find');
    return new Map(
      tokens.filter((token) => this.#jobs.get(token)?.vanished === false).map((token) => [token, token]),
    );
  }

  async cancel(jobs: readonly JobId[], { graceSeconds }: { readonly graceSeconds: number }): Promise<void> {
    this.#mayFail('cancel');
    for (const id of jobs) {
      const job = this.#jobs.get(id);
      if (job === undefined || isOver(job)) continue;
      this.#options.clock.after(this.#platform.random.between(0, graceSeconds * 1000), () => {
        this.#platform.fail(job, 'cancelled', 'ended on request');
      });
    }
  }

  async *logs(id: JobId): AsyncGenerator<LogChunk, void, undefined> {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    while (!isOver(job) && !job.vanished)
      await this.#platform.changes.wait(60_000, job.end.signal, () => isOver(job));
    const isChunk = job.request.chunk !== undefined;
    for (const [member, { output }] of job.members.slice(0, job.begun).entries()) {
      if (output === undefined) continue;
      const bytes = new TextEncoder().encode(output);
      yield { stream: 'stdout', bytes, ...(isChunk ? { member } : {}) };
    }
  }

  async diagnose(id: JobId): Promise<Diagnosis> {
    const job = this.#jobs.get(id);
    return {
      cause: job === undefined ? 'the job is not known' : `its last state was '${statusOf(job).state}'`,
    };
  }

  async close(): Promise<void> {
    for (const job of this.#jobs.values()) this.#platform.fail(job, 'cancelled', 'the layer was closed');
  }

  #accept(request: AttemptRequest): SubmitResult {
    const { token } = request;
    const known = this.#jobs.get(token);
    if (known !== undefined) {
      if (!known.vanished) this.#options.sentAgain?.(request);
      return { token, job: token };
    }
    if (this.#platform.happens('refused')) return { token, refused: 'this layer does not like it' };
    const job = newJob(request, this.#options.task(request));
    this.#jobs.set(token, job);
    this.#platform.queue(job);
    return { token, job: token };
  }

  #tell(job: SimulatedJob): JobStatus {
    if (job.history.length > 1 && this.#platform.happens('stale')) {
      return job.history[this.#platform.random.between(0, job.history.length - 1)] as JobStatus;
    }
    job.told = job.history.length;
    return statusOf(job);
  }

  #mayFail(call: string): void {
    if (this.#platform.happens('failingCall')) throw new Error(`the platform's ${call} is not available`);
  }
}
