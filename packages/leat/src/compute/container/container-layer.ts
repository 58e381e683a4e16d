/**
 * The container layer: a fresh container for each attempt or chunk of attempts, by podman or docker, packed onto this machine together with
 * the tasks of the local layer. It knows tasks, not flows, and reads no result: what a step made is in the datastore. Containers
 * end with the engine.
 */
import { rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
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
import type { MachineJob } from '../machine/machine-job.ts';
import { MachineJobs } from '../machine/machine-jobs.ts';
import { readMachine } from '../machine/machine.ts';
import { Places } from '../machine/places.ts';
import type { EngineFacts } from './engine-facts.ts';
import { checkStep, type StoreFolder } from './check.ts';
import { connect, type Connection } from './connect.ts';
import type { StartedContainer } from './containers.ts';
import { EngineError } from './engine-error.ts';
import { Images, type ImageState, missingImage } from './images.ts';
import { Janitor } from './janitor.ts';
import type { ContainerSetting } from './job-spec.ts';
import { makeLayerFolder } from './layer-folder.ts';
import type { ContainerSettings } from './options.ts';
import { ownName } from './owner.ts';
import { loginFor } from './registry-login.ts';
import { isFolder, StoreAccess } from './store-access.ts';
import { settingOf } from './surroundings.ts';
import { sweepDead, sweepOwner } from './sweep.ts';
import { TaskContainers } from './task-containers.ts';

/** An image that is being fetched for longer than this is fetched while the run goes on. In milliseconds. */
const checkPatienceMs = 60_000;

/** When the layer is closed it has removed its containers by itself, or tried to: what is left is looked for once, and where an answer was lost, for longer. */
const atEnd = { looks: 1, rounds: 3 };
const atUnsureEnd = { looks: 3, rounds: 6 };

/** What is made when the layer is opened. */
interface Opened {
  readonly context: LayerContext;
  readonly connection: Connection;
  readonly facts: EngineFacts;
  readonly setting: ContainerSetting;
  readonly access: StoreAccess;
  readonly folder: string;
  readonly janitor: Janitor;
}

export class ContainerLayer implements ComputeLayer {
  readonly name = 'container';
  readonly contract: typeof contractVersion = contractVersion;
  readonly capabilities: LayerCapabilities;
  readonly #opened: Opened;
  readonly #places: Places;
  readonly #jobs: MachineJobs;
  readonly #images: Images;
  readonly #containers: TaskContainers;
  readonly #runs = new Set<Promise<void>>();
  /** What dead engines have left. */
  readonly #swept: Promise<void>;
  #closing: Promise<void> | undefined;

  private constructor(opened: Opened, places: Places) {
    const { api } = opened.connection;
    const { context, facts } = opened;
    this.#opened = opened;
    this.#places = places;
    this.#images = new Images(api, {
      tell: context.tell,
      loginFor: async (image, signal) =>
        loginFor(
          image,
          { engine: facts.kind, env: process.env, home: homedir(), uid: process.getuid?.() },
          signal,
        ),
    });
    this.#containers = new TaskContainers({ ...opened, api });
    this.#swept = sweepDead(api).catch(() => undefined);
    this.#jobs = new MachineJobs(places, {
      layer: this.name,
      start: (job, request, gpus) => this.#begin(job, request, gpus),
      remedies: {
        'start-failed': `see whether ${facts.kind} runs the image by itself: ${facts.kind} run --rm IMAGE /bin/sh -c true`,
        lost: `look at what ${facts.kind} says of its containers: ${facts.kind} events`,
      },
    });
    this.capabilities = {
      arrays: 0,
      gang: false,
      chunks: true,
      gpu: true,
      isolation: 'container',
      datastores: ['file', 's3'],
      window: 4 * places.cores,
    };
  }

  /**
   * Finds the container engine, or starts one.
   *
   * @throws LeatError LAYER_FAILED, OPTION_INVALID (`DOCKER_HOST`, a `LEAT_LOCAL_…` variable), STORE_UNAVAILABLE (no credentials for the datastore)
   */
  static async open(context: LayerContext): Promise<ContainerLayer> {
    const places = context.places ?? new Places(readMachine());
    const folder = await makeLayerFolder();
    const owner = ownName();
    const janitor = new Janitor(context.runner, owner);
    janitor.tell('folder', folder);
    let connection: Connection | undefined;
    let access: StoreAccess | undefined;
    try {
      connection = await connect(folder, (pid) => janitor.tell('service', `${pid}`));
      janitor.tell('socket', connection.api.socket);
      const facts = await connection.api.facts();
      access = await StoreAccess.open({ context, folder: path.join(folder, 'access') });
      const cores = places.machine.cpu;
      const setting = await settingOf(context, facts, { owner, folder, cores, access });
      return new ContainerLayer({ context, connection, facts, setting, access, folder, janitor }, places);
    } catch (error) {
      access?.close();
      await connection?.service?.close();
      await janitor.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async check(requests: readonly StepRequest[]): Promise<readonly CheckFinding[]> {
    const { machine } = this.#places;
    const names = new Set(requests.map(({ options }) => settingsOf(options).image));
    const images = new Map<string, ImageState>();
    const late = new Promise<undefined>((resolve) => {
      setTimeout(() => resolve(undefined), checkPatienceMs).unref();
    });
    await Promise.all(
      [...names].map(async (name) => {
        const state = await Promise.race([this.#images.ready(name), late]);
        if (state !== undefined) images.set(name, state);
      }),
    );
    const { facts, context, setting } = this.#opened;
    const { network } = setting;
    const remoteStore = !isFolder(context.datastore);
    const place = { machine, engine: facts, images, network, remoteStore, store: await storeFolder(setting) };
    return [...this.#jobs.check(requests), ...requests.flatMap((request) => checkStep(request, place))];
  }

  async submit(batch: readonly AttemptRequest[]): Promise<readonly SubmitResult[]> {
    return this.#jobs.submit(batch);
  }

  async poll(jobs: readonly JobId[], options: PollOptions): Promise<ReadonlyMap<JobId, JobStatus>> {
    return this.#jobs.poll(jobs, options);
  }

  /** Those of this engine: the containers of one that died are removed. */
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

  /** Ends everything at once. Whoever wants tasks to end gently cancels them first. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const { connection, access, folder, janitor } = this.#opened;
    access.close();
    this.#images.close();
    await this.#jobs.close();
    await Promise.all([...this.#runs, this.#swept]);
    this.#containers.leave();
    const isClean = await this.#sweep();
    connection.api.close();
    if (!isClean) {
      this.#opened.context.tell?.(leftText);
      // It needs the folder, and the engine in it.
      janitor.leave();
      return;
    }
    await connection.service?.close();
    await janitor.close();
    await rm(folder, { recursive: true, force: true });
  }

  /** Removes what could not be removed before. Whether nothing is left. */
  async #sweep(): Promise<boolean> {
    const { connection, setting } = this.#opened;
    const { api } = connection;
    return sweepOwner(api, setting.owner, api.breaks === 0 ? atEnd : atUnsureEnd).catch(() => false);
  }

  #begin(job: MachineJob, request: AttemptRequest, gpus: readonly string[]): void {
    const run = this.#run(job, request, gpus).catch((error: unknown) => {
      const { message } = error as Error;
      const permanent = error instanceof EngineError && error.permanent;
      job.failedToStart(`the container of the task could not be started: ${message}`, permanent);
    });
    this.#runs.add(run);
    void run.finally(() => this.#runs.delete(run));
  }

  /** From a place to the removal of the container. */
  async #run(job: MachineJob, request: AttemptRequest, gpus: readonly string[]): Promise<void> {
    job.starting();
    const settings = settingsOf(request.options);
    const image = await this.#images.ready(settings.image, (note) => job.starting(note));
    if (!image.ready) {
      const { message, hint } = missingImage(settings.image, image.reason);
      job.failedToStart(`${message}. ${hint}`, image.permanent);
      return;
    }
    if (job.over) return;
    const { process, mark, over } = await this.#containers.start(request, gpus);
    if (job.over) discard(process);
    else job.start(process, mark);
    await over;
  }
}

const leftText =
  'the container engine does not remove all containers of this run; a process in the background tries it for some minutes more';

async function storeFolder({
  datastore: { folder },
  user,
}: ContainerSetting): Promise<StoreFolder | undefined> {
  return folder === undefined ? undefined : { user, mode: (await stat(folder)).mode };
}

/** As `parseOptions` has left them. */
const settingsOf = (options: Readonly<Record<string, unknown>>): ContainerSettings =>
  options as unknown as ContainerSettings;

/** Its task was ended before it had begun. */
function discard(process: StartedContainer): void {
  process.stdout.resume();
  process.stderr.resume();
  process.signal('SIGKILL');
}
