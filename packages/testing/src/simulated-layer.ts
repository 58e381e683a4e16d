/**
 * A compute layer without machines: it runs tasks that are functions, on virtual time, and does to them all that real
 * platforms do: it makes them wait, starts them twice, loses them, lets lost ones finish and commit, answers with old
 * states, fails calls that have had their effect. The same seed does the same. The second implementation of the contract,
 * for whoever drives layers; it must keep to the contract wherever real platforms do.
 */
import {
  type AttemptRequest,
  type CheckFinding,
  type ComputeLayer,
  contractVersion,
  type Diagnosis,
  type JobFailureReason,
  type JobId,
  type JobStatus,
  type LayerCapabilities,
  type LogChunk,
  type PollOptions,
  type SubmitResult,
} from 'leat/compute';
import { Random } from './random.ts';
import { isOver, type SimulatedJob, statusOf } from './simulated-job.ts';
import { noFaults, type SimulatedFaults, type SimulatedLayerOptions } from './simulated-layer-options.ts';

/** See the file's header. */
export class SimulatedLayer implements ComputeLayer {
  readonly name: string;
  readonly contract: typeof contractVersion = contractVersion;
  readonly capabilities: LayerCapabilities;
  /** Names of attempts in the order of their starts, doubled ones twice. */
  readonly started: string[] = [];
  /** Most tasks that ran at once; copies and lost ones do not count. */
  peak = 0;
  readonly #options: SimulatedLayerOptions;
  readonly #random: Random;
  readonly #jobs = new Map<JobId, SimulatedJob>();
  readonly #queue: SimulatedJob[] = [];
  readonly #listeners = new Set<() => void>();
  #faults: SimulatedFaults;
  #running = 0;

  constructor(options: SimulatedLayerOptions) {
    this.#options = options;
    this.name = options.name ?? 'simulated';
    this.#random = new Random(options.seed);
    this.#faults = { ...noFaults, ...options.faults };
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
    this.#faults = { ...noFaults, ...faults };
  }

  async check(): Promise<readonly CheckFinding[]> {
    return [];
  }

  async submit(batch: readonly AttemptRequest[]): Promise<readonly SubmitResult[]> {
    const isUnanswered = this.#random.chance(this.#faults.unanswered);
    const failsAfter =
      isUnanswered || this.#random.chance(this.#faults.failingCall)
        ? this.#random.between(0, batch.length)
        : undefined;
    const results: SubmitResult[] = [];
    for (const [index, request] of batch.entries()) {
      if (index === failsAfter) break;
      results.push(this.#accept(request));
    }
    this.#fill();
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
    if (this.#options.longPoll !== false && !news()) await this.#change(waitMs, signal, news);
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
      this.#options.clock.after(this.#random.between(0, graceSeconds * 1000), () => {
        this.#fail(job, 'cancelled', 'ended on request');
      });
    }
  }

  async *logs(id: JobId): AsyncGenerator<LogChunk, void, undefined> {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    while (!isOver(job) && !job.vanished) await this.#change(60_000, job.end.signal, () => isOver(job));
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
    for (const job of this.#jobs.values()) this.#fail(job, 'cancelled', 'the layer was closed');
  }

  #accept(request: AttemptRequest): SubmitResult {
    const { token } = request;
    const known = this.#jobs.get(token);
    if (known !== undefined) {
      if (!known.vanished) this.#options.sentAgain?.(request);
      return { token, job: token };
    }
    if (this.#random.chance(this.#faults.refused)) return { token, refused: 'this layer does not like it' };
    const task = this.#options.task(request);
    const { exitCode: _ofTheJob, ...alone } = task;
    const job: SimulatedJob = {
      id: token,
      request,
      task,
      members: task.members ?? [alone],
      begun: 0,
      history: [{ state: 'submitted' }],
      told: 0,
      vanished: false,
      end: new AbortController(),
    };
    this.#jobs.set(token, job);
    this.#queue.push(job);
    return { token, job: token };
  }

  /** Starts queued jobs as far as there is room. */
  #fill(): void {
    while (this.#queue.length > 0 && this.#running < (this.#options.capacity ?? Infinity)) {
      const job = this.#queue.shift();
      if (job !== undefined && !isOver(job)) void this.#run(job);
    }
  }

  async #run(job: SimulatedJob): Promise<void> {
    this.#running += 1;
    this.peak = Math.max(this.peak, this.#running);
    this.started.push(job.request.name);
    const fate = this.#fate();
    this.#become(job, { state: 'starting' });
    const [from, to] = this.#options.startMs ?? [0, 0];
    await this.#options.clock.pause(this.#random.between(from, to));
    if (fate === 'startFailed') this.#failStart(job);
    if (fate === 'doubled') void this.#copy(job, durationOf(job) + this.#random.between(0, 60_000));
    if (!isOver(job)) await this.#execute(job, fate);
    this.#running -= 1;
    this.#fill();
  }

  async #execute(job: SimulatedJob, fate: Fate): Promise<void> {
    const startedAt = this.#options.clock.now();
    const disturbed = fate === 'lost' || fate === 'interrupted';
    let left = disturbed ? this.#random.between(0, durationOf(job)) : Infinity;
    const limit = (job.request.timeoutSeconds ?? Infinity) * 1000;
    for (const [at, member] of job.members.entries()) {
      const { durationMs, exitCode = 0 } = member;
      job.begun = at + 1;
      member.begin?.();
      this.#become(job, {
        state: 'running',
        startedAt,
        ...(job.request.chunk === undefined ? {} : { member: at }),
      });
      await this.#runFor(job, Math.min(durationMs, limit, left));
      if (isOver(job)) return;
      left -= Math.min(durationMs, limit);
      if (left <= 0) return this.#disturb(job, fate);
      if (durationMs > limit) return this.#fail(job, 'timeout', `it ran longer than ${limit / 1000} s`);
      await member.commit?.();
      if (isOver(job)) return;
      if (exitCode !== 0) return this.#exit(job, startedAt, exitCode);
    }
    this.#exit(job, startedAt, job.task.exitCode ?? 0);
  }

  /** Some starts come too late for what the job was handed: that costs no try. */
  #failStart(job: SimulatedJob): void {
    const isExpired = this.#random.chance(0.25);
    if (!isExpired) return this.#fail(job, 'start-failed', 'no machine could be had');
    const endedAt = this.#options.clock.now();
    const message = 'its link had expired';
    this.#become(job, { state: 'failed', reason: 'start-failed', message, expired: true, endedAt });
  }

  #disturb(job: SimulatedJob, fate: Fate): void {
    if (fate === 'lost') this.#lose(job);
    else this.#fail(job, 'interrupted', 'the machine was taken away');
  }

  #exit(job: SimulatedJob, startedAt: number, exitCode: number): void {
    const endedAt = this.#options.clock.now();
    if (exitCode === 0) this.#become(job, { state: 'succeeded', startedAt, endedAt, ...lastMember(job) });
    else this.#fail(job, 'exit', `it exited with code ${exitCode}`, exitCode);
  }

  #fate(): Fate {
    for (const fate of ['startFailed', 'interrupted', 'lost', 'doubled'] as const) {
      if (this.#random.chance(this.#faults[fate])) return fate;
    }
    return 'plain';
  }

  #lose(job: SimulatedJob): void {
    job.vanished = true;
    this.#changed();
    if (this.#random.chance(0.5)) void this.#copy(job, this.#random.between(0, 600_000));
    job.end.abort();
  }

  /**
   * A copy that nobody asked for and nobody sees: it only commits. Of a chunk: what its process still does when the layer has lost
   * sight of it, and nothing when it would begin anew, since a pack has one writer.
   */
  async #copy(job: SimulatedJob, ms: number): Promise<void> {
    this.started.push(job.request.name);
    await this.#options.clock.pause(ms);
    if (job.request.chunk === undefined) {
      await job.task.commit?.();
      return;
    }
    if (!job.vanished) return;
    for (const { durationMs, commit } of job.members.slice(job.begun - 1)) {
      await this.#options.clock.pause(durationMs);
      await commit?.();
    }
  }

  async #runFor(job: SimulatedJob, ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(ms, resolve);
      job.end.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }

  #fail(job: SimulatedJob, reason: JobFailureReason, message: string, exitCode?: number): void {
    if (isOver(job)) return;
    const endedAt = this.#options.clock.now();
    this.#become(job, {
      state: 'failed',
      reason,
      message,
      endedAt,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...lastMember(job),
    });
  }

  #become(job: SimulatedJob, status: JobStatus): void {
    if (isOver(job)) return;
    job.history.push(status);
    if (isOver(job)) job.end.abort();
    this.#changed();
  }

  #tell(job: SimulatedJob): JobStatus {
    if (job.history.length > 1 && this.#random.chance(this.#faults.stale)) {
      return job.history[this.#random.between(0, job.history.length - 1)] as JobStatus;
    }
    job.told = job.history.length;
    return statusOf(job);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  async #change(waitMs: number, signal: AbortSignal, news: () => boolean): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        this.#listeners.delete(look);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const look = (): void => {
        if (news()) done();
      };
      const cancel = this.#options.clock.after(waitMs, done);
      this.#listeners.add(look);
      signal.addEventListener('abort', done);
    });
  }

  #mayFail(call: string): void {
    if (this.#random.chance(this.#faults.failingCall))
      throw new Error(`the platform's ${call} is not available`);
  }
}

const durationOf = ({ members }: SimulatedJob): number =>
  members.reduce((sum, { durationMs }) => sum + durationMs, 0);

const lastMember = ({ request, begun }: SimulatedJob): { readonly member?: number } =>
  request.chunk === undefined || begun === 0 ? {} : { member: begun - 1 };

type Fate = 'plain' | 'startFailed' | 'interrupted' | 'lost' | 'doubled';
