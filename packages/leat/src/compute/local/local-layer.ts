/**
 * The local compute layer: a fresh process for each attempt or chunk of attempts, packed onto this machine by what the steps ask for. It knows
 * tasks, not flows, and reads no result: what a step made is in the datastore. Tasks end with the engine.
 *
 * next: `task/run-task.ts`
 */
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { outOfMemoryKills } from '../../process/control-group.ts';
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
import { compileCache } from './compile-cache.ts';
import { launchOf, messageOf, placesOf, type Places as TaskPlaces, taskEnvironment } from './job-spec.ts';
import type { MachineJob } from '../machine/machine-job.ts';
import { MachineJobs } from '../machine/machine-jobs.ts';
import { readMachine } from '../machine/machine.ts';
import { Places } from '../machine/places.ts';
import { ProcessPool } from './process-pool.ts';
import { ProcessStarter } from './process-starter.ts';
import type { PreparedLocal } from './prepared-local.ts';
import { Reaper } from './reaper.ts';
import { removeOrphanedFolders } from './spawner/pipe-folders.ts';
import { sweepCompileCache } from './sweep-compile-cache.ts';

/** Nobody prints it by chance, and no task can know another one's. */
const markBytes = 16;

/** Processes for each core that the spawn server has pipes for: those that run, those that wait, and some that still print. */
const slotsPerCore = 16;

export class LocalLayer implements ComputeLayer {
  readonly name = 'local';
  readonly contract: typeof contractVersion = contractVersion;
  readonly capabilities: LayerCapabilities;
  /** Where a task finds what it needs. */
  readonly #taskPlaces: TaskPlaces;
  readonly #places: Places;
  readonly #jobs: MachineJobs;
  readonly #reaper: Reaper;
  readonly #starter: ProcessStarter;
  readonly #pool: ProcessPool;
  readonly #forgetPlaces: () => void;
  readonly #closing = new AbortController();
  /** What dead engines, and code that is gone, have left. */
  readonly #swept: Promise<unknown>;
  #memoryKills = outOfMemoryKills();
  /** Attempts that will be submitted soon. */
  #upcoming = 0;

  private constructor(context: LayerContext, places: Places, reaper: Reaper) {
    this.#taskPlaces = placesOf(context);
    this.#places = places;
    this.#reaper = reaper;
    this.#jobs = new MachineJobs(places, {
      layer: this.name,
      start: (job, request, gpus) => this.#start(job, request, gpus),
      killedForMemory: () => this.#killedForMemory(),
      remedies: { 'start-failed': 'look at the limits of this machine (ulimit -u, free memory)' },
    });
    const compiled = compileCache(process.env, tmpdir());
    this.#swept = Promise.all([
      removeOrphanedFolders(),
      ...(compiled === undefined ? [] : [sweepCompileCache(compiled, this.#closing.signal)]),
    ]);
    const setting: ProcessSetting = {
      runner: context.runner,
      packageFolder: context.packageFolder,
      sourceRoot: context.sourceRoot,
      environment: taskEnvironment(process.env, compiled),
    };
    const { cores } = places;
    this.#starter = new ProcessStarter(setting, reaper, slotsPerCore * cores);
    this.#pool = new ProcessPool((launch) => this.#starter.start(launch), cores);
    this.#forgetPlaces = places.onSettled(() => this.#prepare());
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
    const layer = new LocalLayer(
      context,
      context.places ?? new Places(readMachine()),
      await (prepared?.reaper ?? Reaper.open()),
    );
    if (prepared !== undefined) layer.#pool.adopt(await prepared.standby);
    return layer;
  }

  async check(requests: readonly StepRequest[]): Promise<readonly CheckFinding[]> {
    return this.#jobs.check(requests);
  }

  async submit(batch: readonly AttemptRequest[]): Promise<readonly SubmitResult[]> {
    this.#upcoming = Math.max(0, this.#upcoming - batch.length);
    return this.#jobs.submit(batch);
  }

  async poll(jobs: readonly JobId[], options: PollOptions): Promise<ReadonlyMap<JobId, JobStatus>> {
    return this.#jobs.poll(jobs, options);
  }

  /** Those of this engine: the tasks of one that died have died with it. */
  async find(tokens: readonly string[]): Promise<ReadonlyMap<string, JobId>> {
    return this.#jobs.find(tokens);
  }

  async cancel(jobs: readonly JobId[], options: { readonly graceSeconds: number }): Promise<void> {
    this.#jobs.cancel(jobs, options);
  }

  logs(job: JobId): AsyncGenerator<LogChunk, void, undefined> {
    return this.#jobs.logs(job);
  }

  async diagnose(job: JobId): Promise<Diagnosis> {
    return this.#jobs.diagnose(job);
  }

  expect(upcoming: number): void {
    if (this.#jobs.closed) return;
    this.#upcoming = upcoming;
    this.#starter.expect(upcoming);
    this.#prepare();
  }

  /** Ends everything at once. Whoever wants tasks to end gently cancels them first. */
  async close(): Promise<void> {
    this.#forgetPlaces();
    this.#closing.abort();
    await Promise.all([this.#jobs.close(), this.#pool.close()]);
    await this.#starter.close();
    await Promise.all([this.#reaper.close(), this.#swept]);
  }

  /** Has processes started for what will have a place next. */
  #prepare(): void {
    this.#pool.expect(this.#upcoming + this.#jobs.waiting);
  }

  #start(job: MachineJob, request: AttemptRequest, gpus: readonly string[]): void {
    const launch = launchOf(request, this.#places.machine.gpus.length > 0 ? gpus : undefined);
    const mark = randomBytes(markBytes).toString('hex');
    const process = this.#pool.take(launch);
    job.start(process, mark);
    process.send(messageOf(request, { mark, ...this.#taskPlaces }));
  }

  #killedForMemory(): boolean {
    const kills = outOfMemoryKills();
    const rose = kills > this.#memoryKills;
    // One kill explains one end; others may have been killed in the same moment.
    if (rose) this.#memoryKills += 1;
    return rose;
  }
}
