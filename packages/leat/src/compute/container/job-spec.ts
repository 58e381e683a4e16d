/** An attempt → the container that runs it: the body of the engine's `create`, the name, and the task's message. Pure. */
import path from 'node:path';
import type { TaskMessage } from '../../plan/task-message.ts';
import type { AttemptRequest } from '../compute-layer.ts';
import type { CreateRequest } from './api.ts';
import type { EnforcedLimits } from './engine-facts.ts';
import { type FirstProcess, firstCommand, firstEnvironment } from './first-process.ts';
import { places } from './init-script.ts';
import type { ContainerSettings } from './options.ts';

/** What all containers of a layer have in common. Paths are those of this machine. */
export interface ContainerSetting {
  readonly engine: 'podman' | 'docker';
  /** Names the engine of Leat, for whoever removes what it has left. */
  readonly owner: string;
  /** This Node's binary, where containers can run it. */
  readonly node: string | undefined;
  /** Why there is none, and what to do about it. */
  readonly noNode?: string;
  /** The folder with the program that runs tasks. */
  readonly taskFolder: string;
  /** A folder with what Node needs and small images lack. */
  readonly libraries: string | undefined;
  readonly datastore: { readonly url: string; readonly folder: string | undefined };
  /** The file that opens the datastore in the task's process, where that is no folder. */
  readonly driver: string | undefined;
  /** `uid:gid` that a container gets when nobody says. */
  readonly user: string;
  /** Where nobody says; `undefined`: what the engine takes. */
  readonly network: string | undefined;
  /** SELinux keeps containers from the user's files unless told. */
  readonly selinux: boolean;
  readonly cores: number;
  /** What cannot be enforced is not asked for: some engines refuse the container then. */
  readonly limits: EnforcedLimits;
  /** A folder with the credentials for the datastore, where they are in files. */
  readonly access: string | undefined;
}

/** What is different for each container. */
export interface ContainerPlace {
  /** Files of this machine for {@link places}. */
  readonly message: string;
  readonly end: string;
  /** The folder of the code package. */
  readonly package: string;
  readonly gpus: readonly string[];
  readonly first: FirstProcess;
}

const bytesPerMb = 1024 * 1024;
const nanosPerCore = 1e9;

/** Of the memory that a container has, what V8 leaves to everything but its heap: a quarter, and at most this many MB. */
const mostBesidesHeap = 128;

/** Threads that Node gives V8 for work in the background unless told. */
const defaultPoolSize = 4;

/** Labels of our containers. */
export const labels = {
  owner: 'leat.engine',
  run: 'leat.run',
  task: 'leat.task',
  token: 'leat.token',
} as const;

/** The longest name of a container that is still readable in a list. */
const longestName = 100;

/** A name for people; `suffix` makes it the only one. */
export function containerName({ name }: Pick<AttemptRequest, 'name'>, suffix: string): string {
  const readable = name.replaceAll(/[^\w.-]+/g, '-').slice(0, longestName);
  return `leat-${readable}-${suffix}`;
}

/** The body of `create`. */
export function createRequest(
  request: AttemptRequest,
  settings: ContainerSettings,
  setting: ContainerSetting,
  place: ContainerPlace,
): CreateRequest {
  const { spec, token, resources } = request;
  const user = settings.user ?? setting.user;
  const told = { ...settings.environment, ...request.environment };
  const first = firstWith(place.first, told['LD_LIBRARY_PATH']);
  return {
    Image: settings.image,
    Entrypoint: firstCommand(first, [...nodeFlags(resources), `${places.task}/runner.cjs`]),
    Cmd: [],
    Env: environmentOf(told, { user, gpus: place.gpus, first }),
    Labels: {
      [labels.owner]: setting.owner,
      [labels.run]: `${spec.flow}/${spec.run}`,
      [labels.task]: `${spec.task}@${spec.attempt}`,
      [labels.token]: token,
    },
    User: user,
    StopTimeout: 0,
    HostConfig: {
      Mounts: mountsOf(settings, setting, place),
      LogConfig: { Type: setting.engine === 'podman' ? 'k8s-file' : 'json-file', Config: {} },
      ...limitsOf(resources, setting),
      ...networkOf(settings.network ?? setting.network),
      ...(settings.sharedMemory !== undefined && { ShmSize: Math.round(settings.sharedMemory * bytesPerMb) }),
      Tmpfs: Object.fromEntries(
        Object.entries(settings.tmpfs).map(([at, size]) => [
          at,
          `rw,exec,mode=1777,size=${Math.round(size * bytesPerMb)}`,
        ]),
      ),
      ...(setting.selinux && { SecurityOpt: ['label=disable'] }),
      ...(place.gpus.length > 0 && { DeviceRequests: [devicesOf(setting.engine, place.gpus)] }),
    },
  };
}

/** The task's message: one line. `environment`: what the datastore's driver needs, credentials among it; it is in no other place. */
export function messageOf(
  { spec, chunk, environment, resources }: AttemptRequest,
  told: {
    readonly setting: ContainerSetting;
    readonly mark: string;
    readonly environment: Readonly<Record<string, string>>;
  },
): string {
  const { cpu, memory, gpu, disk } = resources;
  const { datastore, driver } = told.setting;
  const message: TaskMessage = {
    spec,
    environment: { ...told.environment, ...environment },
    resources: { cpu: cpu.value, memory: memory.value, gpu: gpu.value, disk: disk.value },
    datastore: datastore.folder === undefined ? datastore.url : `file://${places.datastore}`,
    ...(driver !== undefined && { driver: places.driver }),
    packageFolder: places.package,
  };
  const { mark } = told;
  return `${JSON.stringify(chunk === undefined ? message : { ...message, chunk: { ...chunk, mark } })}\n`;
}

function nodeFlags({ cpu, memory }: AttemptRequest['resources']): readonly string[] {
  const threads = Math.max(1, Math.floor(cpu.value));
  const flags = threads < defaultPoolSize ? [`--v8-pool-size=${threads}`] : [];
  if (memory.origin === 'default') return flags;
  // V8 gives up with a message in the log; the kernel, a little later, without one.
  const heap = memory.value - Math.min(mostBesidesHeap, memory.value / 4);
  return [...flags, `--max-old-space-size=${Math.max(1, Math.floor(heap))}`];
}

/** What is said of a step counts for more than what its image says. */
const firstWith = (first: FirstProcess, libraryPath: string | undefined): FirstProcess =>
  first.kind === 'shell' || libraryPath === undefined ? first : { ...first, libraryPath };

/** `told`: variables of the step, by whoever wrote it. */
function environmentOf(
  told: Readonly<Record<string, string>>,
  { user, gpus, first }: Pick<ContainerPlace, 'gpus' | 'first'> & { readonly user: string },
): readonly string[] {
  const isRoot = /^(?:0|root)(?::|$)/.test(user);
  const all = {
    // The image knows no home of somebody from outside.
    ...(isRoot ? {} : { HOME: '/tmp' }),
    ...(gpus.length > 0 && { NVIDIA_VISIBLE_DEVICES: gpus.join(',') }),
    ...told,
    ...firstEnvironment(first),
  };
  return Object.entries(all).map(([name, value]) => `${name}=${value}`);
}

function mountsOf(
  { volumes }: ContainerSettings,
  { node, libraries, taskFolder, datastore, driver, access }: ContainerSetting,
  { message, end, package: packageFolder }: ContainerPlace,
): readonly unknown[] {
  const bind = (source: string, target: string, readOnly: boolean): unknown => ({
    Type: 'bind',
    Source: source,
    Target: target,
    ReadOnly: readOnly,
  });
  return [
    ...(node === undefined ? [] : [bind(node, places.node, true)]),
    ...(libraries === undefined ? [] : [bind(libraries, places.libraries, true)]),
    bind(taskFolder, places.task, true),
    bind(packageFolder, places.package, true),
    bind(message, places.message, true),
    bind(end, places.end, false),
    ...(datastore.folder === undefined ? [] : [bind(datastore.folder, places.datastore, false)]),
    ...(driver === undefined ? [] : [bind(driver, places.driver, true)]),
    ...(access === undefined ? [] : [bind(access, places.access, true)]),
    ...volumes.map(({ source, target, readOnly }) =>
      path.isAbsolute(source)
        ? bind(source, target, readOnly)
        : { Type: 'volume', Source: source, Target: target, ReadOnly: readOnly },
    ),
  ];
}

/** Nobody's wish is no limit. More cores than there are is refused by engines, so it becomes all of them. */
function limitsOf(
  { cpu, memory }: AttemptRequest['resources'],
  { cores, limits }: Pick<ContainerSetting, 'cores' | 'limits'>,
): object {
  const bytes = Math.round(memory.value * bytesPerMb);
  return {
    ...(limits.cpu &&
      cpu.origin !== 'default' && { NanoCpus: Math.round(Math.min(cpu.value, cores) * nanosPerCore) }),
    // No swap: a limit that slows a machine down for hours is none.
    ...(limits.memory && memory.origin !== 'default' && { Memory: bytes, MemorySwap: bytes }),
  };
}

const networkOf = (network: string | undefined): object =>
  network === undefined ? {} : { NetworkMode: network };

/** Podman finds devices by their CDI names; docker asks the runtime of the vendor. */
function devicesOf(engine: ContainerSetting['engine'], gpus: readonly string[]): unknown {
  return engine === 'podman'
    ? { Driver: 'cdi', DeviceIDs: gpus.map((gpu) => `nvidia.com/gpu=${gpu}`), Capabilities: [['gpu']] }
    : { Driver: 'nvidia', DeviceIDs: [...gpus], Capabilities: [['gpu']] };
}
