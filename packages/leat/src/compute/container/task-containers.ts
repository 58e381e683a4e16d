/** An attempt that has its place → a container that runs it. Where an image has no shell, it is begun without one. */
import { randomBytes } from 'node:crypto';
import type { AttemptRequest, LayerContext } from '../compute-layer.ts';
import type { EngineApi } from './api.ts';
import { Containers, type StartedContainer } from './containers.ts';
import type { EngineFacts } from './engine-facts.ts';
import { EngineError } from './engine-error.ts';
import { type FirstProcess, saysNoLibrary, saysNoShell } from './first-process.ts';
import { type JobFolder, makeJobFolder } from './job-folder.ts';
import { neitherIn } from './job-status.ts';
import {
  type ContainerPlace,
  type ContainerSetting,
  containerName,
  createRequest,
  messageOf,
} from './job-spec.ts';
import type { ContainerSettings } from './options.ts';
import type { StoreAccess } from './store-access.ts';
import { platformOf } from './surroundings.ts';

/** Nobody prints it by chance, and no task can know another one's. */
const markBytes = 16;

/** What all of a layer's containers have in common. */
export interface TaskContainersSetting {
  readonly context: LayerContext;
  readonly api: EngineApi;
  readonly facts: EngineFacts;
  readonly setting: ContainerSetting;
  readonly access: StoreAccess;
  /** Of the layer. */
  readonly folder: string;
}

/** A container that runs a task. */
export interface StartedTask {
  readonly process: StartedContainer;
  /** Of the message, when it is a chunk's. */
  readonly mark: string;
  /** It has ended, and nothing is left of it. */
  readonly over: Promise<void>;
}

interface Wanted {
  readonly request: AttemptRequest;
  readonly settings: ContainerSettings;
  readonly place: Omit<ContainerPlace, 'first'>;
  readonly files: JobFolder;
}

export class TaskContainers {
  readonly #setting: TaskContainersSetting;
  readonly #containers: Containers;
  /** How containers of an image begin, by its name, where that is not by a shell. */
  readonly #firsts = new Map<string, FirstProcess>();
  #made = 0;

  constructor(setting: TaskContainersSetting) {
    this.#setting = setting;
    this.#containers = new Containers(setting.api);
  }

  /** Removes no container any more: whoever calls this does it. */
  leave(): void {
    this.#containers.leave();
  }

  /** Throws what the engine said, and leaves nothing, when it cannot be started. */
  async start(request: AttemptRequest, gpus: readonly string[]): Promise<StartedTask> {
    const { context, facts, setting, access, folder } = this.#setting;
    const packageFolder = await context.packageCopy(platformOf(facts));
    const mark = randomBytes(markBytes).toString('hex');
    this.#made += 1;
    const message = messageOf(request, { setting, mark, environment: access.environment });
    const files = await makeJobFolder(folder, `${this.#made}`, message);
    try {
      const place = { message: files.message, end: files.end, package: packageFolder, gpus };
      const settings = request.options as unknown as ContainerSettings;
      const process = await this.#begin({ request, settings, place, files });
      return { process, mark, over: overOnce(process.removed, files.remove) };
    } catch (error) {
      await files.remove();
      throw error;
    }
  }

  async #begin(wanted: Wanted): Promise<StartedContainer> {
    const { image } = wanted.settings;
    const known = this.#firsts.get(image);
    if (known !== undefined) return this.#beginAs(known, wanted);
    try {
      return await this.#beginAs({ kind: 'shell' }, wanted);
    } catch (error) {
      if (!(error instanceof EngineError) || !saysNoShell(error.message)) throw error;
    }
    const first = await this.#firstWithoutShell(image);
    this.#firsts.set(image, first);
    return this.#beginAs(first, wanted);
  }

  async #firstWithoutShell(image: string): Promise<FirstProcess> {
    const { api, setting } = this.#setting;
    if (setting.node === undefined)
      throw never(
        `the image '${image}' has no /bin/sh, and there is no Node to lend to it: ${setting.noNode ?? ''}`,
      );
    const name = 'LD_LIBRARY_PATH=';
    const own = (await api.imageEnvironment(image)).find((variable) => variable.startsWith(name));
    return { kind: 'node', libraryPath: own?.slice(name.length) ?? '' };
  }

  async #beginAs(
    first: FirstProcess,
    { request, settings, place, files }: Wanted,
  ): Promise<StartedContainer> {
    const { setting } = this.#setting;
    const { image } = settings;
    try {
      return await this.#containers.start({
        name: containerName(request, `${process.pid}-${randomBytes(3).toString('hex')}`),
        request: createRequest(request, settings, setting, { ...place, first }),
        made: { image, noNode: setting.noNode, first: first.kind },
        readEnd: files.readEnd,
      });
    } catch (error) {
      if (first.kind === 'shell' || !(error instanceof EngineError) || !saysNoLibrary(error.message))
        throw error;
      throw never(neitherIn(image));
    }
  }
}

/** Asking again would bring the same. */
const never = (message: string): EngineError => new EngineError(400, message);

/** Removes the files of a task when its container is gone, or could not be removed; what became of that stands. */
async function overOnce(removed: Promise<void>, removeFiles: () => Promise<void>): Promise<void> {
  try {
    await removed;
  } finally {
    await removeFiles();
  }
}
