/**
 * What stands behind the simulated layer: it queues jobs, starts them as far as there is room, and lets each go its way, or meet
 * with one of the troubles of real platforms. Knows nothing of calls and answers.
 */
import type { JobFailureReason, JobStatus } from 'leat/compute';
import { Random } from '../random.ts';
import { Changes } from './changes.ts';
import { isOver, type SimulatedJob } from './simulated-job.ts';
import { noFaults, type SimulatedFaults, type SimulatedLayerOptions } from './simulated-layer-options.ts';

type Fate = 'plain' | 'startFailed' | 'interrupted' | 'lost' | 'doubled';

/** See the file's header. */
export class SimulatedPlatform {
  /** Names of attempts in the order of their starts, doubled ones twice. */
  readonly started: string[] = [];
  /** Tokens of jobs that have started too late for what they were handed. */
  readonly expired: Set<string> = new Set();
  readonly random: Random;
  /** Told of every new status of a job, and when one vanishes. */
  readonly changes: Changes;
  readonly #options: SimulatedLayerOptions;
  readonly #queue: SimulatedJob[] = [];
  #faults: SimulatedFaults;
  #running = 0;
  #peak = 0;

  constructor(options: SimulatedLayerOptions) {
    this.#options = options;
    this.random = new Random(options.seed);
    this.changes = new Changes(options.clock);
    this.#faults = { ...noFaults, ...options.faults };
  }

  /** Most jobs that ran at once. */
  get peak(): number {
    return this.#peak;
  }

  /** From now on this is what goes wrong, and nothing else. */
  trouble(faults: Partial<SimulatedFaults>): void {
    this.#faults = { ...noFaults, ...faults };
  }

  /** Whether something goes wrong this time. */
  happens(fault: keyof SimulatedFaults): boolean {
    return this.random.chance(this.#faults[fault]);
  }

  /** Takes a job, which begins with {@link fill} at the earliest. */
  queue(job: SimulatedJob): void {
    this.#queue.push(job);
  }

  /** Starts queued jobs as far as there is room. */
  fill(): void {
    while (this.#queue.length > 0 && this.#running < (this.#options.capacity ?? Infinity)) {
      const job = this.#queue.shift();
      if (job !== undefined && !isOver(job)) void this.#run(job);
    }
  }

  /** Ends a job that is not over. */
  fail(job: SimulatedJob, reason: JobFailureReason, message: string, exitCode?: number): void {
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

  async #run(job: SimulatedJob): Promise<void> {
    this.#running += 1;
    this.#peak = Math.max(this.#peak, this.#running);
    this.started.push(job.request.name);
    const fate = this.#fate();
    this.#become(job, { state: 'starting' });
    const [from, to] = this.#options.startMs ?? [0, 0];
    await this.#options.clock.pause(this.random.between(from, to));
    if (fate === 'startFailed') this.#failStart(job);
    if (fate === 'doubled') void this.#copy(job, durationOf(job) + this.random.between(0, 60_000));
    if (!isOver(job)) await this.#execute(job, fate);
    this.#running -= 1;
    this.fill();
  }

  #fate(): Fate {
    for (const fate of ['startFailed', 'interrupted', 'lost', 'doubled'] as const) {
      if (this.happens(fate)) return fate;
    }
    return 'plain';
  }

  async #execute(job: SimulatedJob, fate: Fate): Promise<void> {
    const startedAt = this.#options.clock.now();
    const disturbed = fate === 'lost' || fate === 'interrupted';
    let left = disturbed ? this.random.between(0, durationOf(job)) : Infinity;
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
      if (durationMs > limit) return this.fail(job, 'timeout', `it ran longer than ${limit / 1000} s`);
      await member.commit?.();
      if (isOver(job)) return;
      if (exitCode !== 0) return this.#exit(job, startedAt, exitCode);
    }
    this.#exit(job, startedAt, job.task.exitCode ?? 0);
  }

  /** Some starts come too late for what the job was handed: that costs no try. */
  #failStart(job: SimulatedJob): void {
    const isExpired = this.random.chance(0.25);
    if (!isExpired) return this.fail(job, 'start-failed', 'no machine could be had');
    const endedAt = this.#options.clock.now();
    this.expired.add(job.request.token);
    const message = 'its link had expired';
    this.#become(job, { state: 'failed', reason: 'start-failed', message, expired: true, endedAt });
  }

  #disturb(job: SimulatedJob, fate: Fate): void {
    if (fate === 'lost') this.#lose(job);
    else this.fail(job, 'interrupted', 'the machine was taken away');
  }

  #exit(job: SimulatedJob, startedAt: number, exitCode: number): void {
    const endedAt = this.#options.clock.now();
    if (exitCode === 0) this.#become(job, { state: 'succeeded', startedAt, endedAt, ...lastMember(job) });
    else this.fail(job, 'exit', `it exited with code ${exitCode}`, exitCode);
  }

  #lose(job: SimulatedJob): void {
    job.vanished = true;
    this.changes.tell();
    if (this.random.chance(0.5)) void this.#copy(job, this.random.between(0, 600_000));
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

  #become(job: SimulatedJob, status: JobStatus): void {
    if (isOver(job)) return;
    job.history.push(status);
    if (isOver(job)) job.end.abort();
    this.changes.tell();
  }
}

const durationOf = ({ members }: SimulatedJob): number =>
  members.reduce((sum, { durationMs }) => sum + durationMs, 0);

const lastMember = ({ request, begun }: SimulatedJob): { readonly member?: number } =>
  request.chunk === undefined || begun === 0 ? {} : { member: begun - 1 };
