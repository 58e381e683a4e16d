/**
 * The local compute layer: a fresh process for each attempt or chunk of attempts, packed onto this machine by what the steps ask for. It knows
 * tasks, not flows, and reads no result: what a step made is in the datastore. Tasks end with the engine.
 *
 * next: `task/run-task.ts`
 */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { LeatError } from '../../errors/index.ts';
import {
  type AttemptRequest,
  type CheckFinding,
  type ComputeLayer,
  contractVersion,
  type Diagnosis,
  type JobId,
  type JobStatus,
  type LayerCapabilities,
  type LayerContext,
  type LogChunk,
  type PollOptions,
  type StepRequest,
  type SubmitResult,
} from '../compute-layer.ts';
import type { ProcessSetting } from './api.ts';
import { diagnoseEnd, diagnoseWait } from './diagnosis.ts';
import { launchOf, messageOf, type Places, placesOf, taskEnvironment } from './job-spec.ts';
import { LocalJob } from './local-job.ts';
import { outOfMemoryKills, readMachine } from './machine.ts';
import {
  demandOf,
  type Machine,
  overtakenBy,
  place,
  type Placed,
  shortages,
  type Waiting,
} from './placement.ts';
import { ProcessPool } from './process-pool.ts';
import { ProcessStarter } from './process-starter.ts';
import type { PreparedLocal } from './prepared-local.ts';
import { Reaper } from './reaper.ts';
import { removeOrphanedFolders } from './spawner/pipe-folders.ts';
import { StatusBoard } from './status-board.ts';

/** Nobody prints it by chance, and no task can know another one's. */
const markBytes = 16;

/** Processes for each core that the spawn server has pipes for: those that run, those that wait, and some that still print. */
const slotsPerCore = 16;

/** Jobs that are over are remembered this long: a few more than anybody asks about again. */
const remembered = 10_000;

export class LocalLayer implements ComputeLayer {
  readonly name = 'local';
  readonly contract: typeof contractVersion = contractVersion;
  readonly capabilities: LayerCapabilities;
  /** Where a task finds what it needs. */
  readonly #places: Places;
  readonly #machine: Machine;
  readonly #reaper: Reaper;
  readonly #starter: ProcessStarter;
  readonly #pool: ProcessPool;
  readonly #board = new StatusBoard();
  /** What dead engines have left. */
  readonly #swept = removeOrphanedFolders();
  readonly #jobs = new Map<JobId, LocalJob>();
  readonly #running = new Map<JobId, Placed>();
  #waiting: LocalJob[] = [];
  readonly #over: JobId[] = [];
  #memoryKills = outOfMemoryKills();
  #placing = false;
  /** Attempts that will be submitted soon. */
  #upcoming = 0;
  #closed = false;

  private constructor(context: LayerContext, machine: Machine, reaper: Reaper) {
    this.#places = placesOf(context);
    this.#machine = machine;
    this.#reaper = reaper;
    const setting: ProcessSetting = {
      runner: context.runner,
      packageFolder: context.packageFolder,
      sourceRoot: context.sourceRoot,
      environment: taskEnvironment(process.env, tmpdir()),
    };
    const cores = Math.max(1, Math.floor(machine.cpu));
    this.#starter = new ProcessStarter(setting, reaper, slotsPerCore * cores);
    this.#pool = new ProcessPool((launch) => this.#starter.start(launch), cores);
    this.capabilities = {
      arrays: 0,
      gang: false,
      chunks: true,
      // Without one a task that asks for it still runs, with a warning, so that a flow for the cloud can be tried at home.
      gpu: true,
      isolation: 'process',
      datastores: ['file', 's3'],
      window: 4 * cores,
    };
  }

  /** Looks at the machine and starts the reaper. @throws LeatError LAYER_FAILED, OPTION_INVALID (a `LEAT_LOCAL_…` variable). */
  static async open(context: LayerContext, prepared?: PreparedLocal): Promise<LocalLayer> {
    const layer = new LocalLayer(context, readMachine(), await (prepared?.reaper ?? Reaper.open()));
    if (prepared !== undefined) layer.#pool.adopt(await prepared.standby);
    return layer;
  }

  async check(requests: readonly StepRequest[]): Promise<readonly CheckFinding[]> {
    return requests.flatMap(({ step, resources }) => {
      const { cpu, memory, gpu } = demandOf(resources, this.#machine);
      const missing = shortages({ cpu, memory, gpu }, this.#machine);
      if (missing.length === 0) return [];
      return {
        step,
        level: 'warning' as const,
        message: `step '${step}' asks for ${missing.join(' and ')}: each of its tasks will run alone on this machine, with what there is`,
        hint: 'Ask for less with @resources, or move the step to a larger place with --with.',
      };
    });
  }

  async submit(batch: readonly AttemptRequest[]): Promise<readonly SubmitResult[]> {
    if (this.#closed)
      throw new LeatError('LAYER_FAILED', "the compute layer 'local' is closed and takes no more tasks");
    const results = batch.map((request) => this.#accept(request));
    this.#upcoming = Math.max(0, this.#upcoming - batch.length);
    this.#place();
    return results;
  }

  async poll(jobs: readonly JobId[], options: PollOptions): Promise<ReadonlyMap<JobId, JobStatus>> {
    return this.#board.read(jobs, (job) => this.#jobs.get(job)?.status, options);
  }

  /** Those of this engine: the tasks of one that died have died with it. */
  async find(tokens: readonly string[]): Promise<ReadonlyMap<string, JobId>> {
    return new Map(tokens.filter((token) => this.#jobs.has(token)).map((token) => [token, token]));
  }

  async cancel(jobs: readonly JobId[], { graceSeconds }: { readonly graceSeconds: number }): Promise<void> {
    for (const job of jobs) this.#jobs.get(job)?.end('cancelled', graceSeconds);
  }

  async *logs(job: JobId): AsyncGenerator<LogChunk, void, undefined> {
    const known = this.#jobs.get(job);
    if (known !== undefined) yield* known.logs();
  }

  async diagnose(job: JobId): Promise<Diagnosis> {
    const known = this.#jobs.get(job);
    if (known === undefined)
      return { cause: 'the local layer does not know this job: its engine has ended, and its tasks with it' };
    if (known.over) return diagnoseEnd(known.status, known.resources);
    return diagnoseWait(known, {
      machine: this.#machine,
      running: [...this.#running.values()],
      ahead: this.#waiting.indexOf(known),
    });
  }

  expect(upcoming: number): void {
    if (this.#closed) return;
    this.#upcoming = upcoming;
    this.#starter.expect(upcoming);
    this.#pool.expect(upcoming + this.#waiting.length);
  }

  /** Ends everything at once. Whoever wants tasks to end gently cancels them first. */
  async close(): Promise<void> {
    this.#closed = true;
    const ends: Promise<unknown>[] = [];
    for (const job of this.#jobs.values()) {
      if (job.over) continue;
      job.end('cancelled', 0);
      ends.push(job.exited);
    }
    await Promise.all([...ends, this.#pool.close()]);
    await this.#starter.close();
    await Promise.all([this.#reaper.close(), this.#swept]);
  }

  #accept(request: AttemptRequest): SubmitResult {
    const { token } = request;
    if (!this.#jobs.has(token)) {
      const job = new LocalJob(request, demandOf(request.resources, this.#machine), {
        changed: () => this.#board.change(token),
        ended: (ended) => this.#ended(ended),
        killedForMemory: () => this.#killedForMemory(),
      });
      this.#jobs.set(token, job);
      this.#waiting.push(job);
      this.#board.change(token);
    }
    return { token, job: token };
  }

  /** Starts what fits now. A start that fails at once frees its place and comes back here: hence the guard. */
  #place(): void {
    if (this.#placing || this.#closed) return;
    this.#placing = true;
    for (let started = this.#startFitting(); started > 0 && this.#waiting.length > 0;)
      started = this.#startFitting();
    this.#placing = false;
    this.#pool.expect(this.#upcoming + this.#waiting.length);
  }

  #startFitting(): number {
    if (this.#waiting.length === 0) return 0;
    const waiting: readonly Waiting[] = this.#waiting.map(({ id, demand, overtaken }) => ({
      job: id,
      demand,
      overtaken,
    }));
    const started = place(this.#machine, [...this.#running.values()], waiting);
    if (started.length === 0) return 0;
    const ahead = overtakenBy(waiting, started);
    const starting = new Set(started.map(({ job }) => job));
    this.#waiting = this.#waiting.filter((job) => !starting.has(job.id));
    for (const job of this.#waiting) job.overtaken += ahead.get(job.id) ?? 0;
    for (const placed of started) {
      this.#running.set(placed.job, placed);
      this.#start(placed);
    }
    return started.length;
  }

  #start({ job: id, gpus }: Placed): void {
    const job = this.#jobs.get(id);
    const request = job?.request;
    if (job === undefined || request === undefined) return;
    const launch = launchOf(request, this.#machine.gpus.length > 0 ? gpus : undefined);
    const mark = randomBytes(markBytes).toString('hex');
    const message = messageOf(request, { mark, ...this.#places });
    job.start(this.#pool.take(launch), message, mark);
  }

  #ended(job: LocalJob): void {
    this.#running.delete(job.id);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== job);
    this.#over.push(job.id);
    if (this.#over.length > remembered) {
      const oldest = this.#over.shift();
      if (oldest !== undefined) {
        this.#jobs.delete(oldest);
        this.#board.forget(oldest);
      }
    }
    this.#place();
  }

  #killedForMemory(): boolean {
    const kills = outOfMemoryKills();
    const rose = kills > this.#memoryKills;
    // One kill explains one end; others may have been killed in the same moment.
    if (rose) this.#memoryKills += 1;
    return rose;
  }
}
