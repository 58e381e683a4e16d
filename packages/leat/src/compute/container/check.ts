/** What can be said of steps before they run in containers. Pure. */
import type { CheckFinding, StepRequest } from '../compute-layer.ts';
import type { Machine } from '../machine/placement.ts';
import type { EngineFacts } from './engine-facts.ts';
import { missingImage, type ImageState } from './images.ts';
import type { ContainerSettings } from './options.ts';

/** What is known of the place. */
export interface CheckedPlace {
  readonly machine: Machine;
  readonly engine: Pick<EngineFacts, 'kind' | 'version' | 'rootless' | 'cgroups' | 'limits' | 'noNetwork'>;
  /** That containers get when nobody says; `undefined`: what the engine takes. */
  readonly network?: string | undefined;
  /** By name, those that have been looked for. */
  readonly images: ReadonlyMap<string, ImageState>;
  /** The datastore is no folder of this machine. */
  readonly remoteStore: boolean;
  /** Where results go into a folder of this machine: that folder. */
  readonly store?: StoreFolder | undefined;
}

/** Who may write into a folder datastore. What is made in it is as open as it is. */
export interface StoreFolder {
  /** `user:group` of containers that write as whoever runs Leat. */
  readonly user: string;
  /** Its permissions, as `stat` gives them. */
  readonly mode: number;
}

/** Podman before it silently ignores devices that are asked for by the API. */
const firstPodmanWithDevices = 5;

/** Findings for one step. */
export function checkStep(request: StepRequest, place: CheckedPlace): readonly CheckFinding[] {
  return [
    ...checkNetwork(request, place),
    ...checkImage(request, place),
    ...checkUser(request, place),
    ...checkGpus(request, place),
    ...checkLimits(request, place),
    ...checkDisk(request),
  ];
}

const settingsOf = ({ options }: StepRequest): ContainerSettings => options as unknown as ContainerSettings;

const nameOf = ({ kind, version, rootless }: CheckedPlace['engine']): string =>
  `${rootless ? 'rootless ' : ''}${kind} ${version}`;

function checkNetwork(
  request: StepRequest,
  { engine, remoteStore, ...place }: CheckedPlace,
): readonly CheckFinding[] {
  const { step } = request;
  const network = settingsOf(request).network ?? place.network;
  if (remoteStore && network === 'none') {
    return [
      {
        step,
        level: 'error',
        message: `step '${step}' has no network, and its results go to a datastore that is no folder of this machine`,
        hint: "Leave 'network' out, or keep the datastore in a folder.",
      },
    ];
  }
  if (engine.noNetwork === undefined || network === 'none' || network === 'host') return [];
  return [
    {
      step,
      level: 'error',
      message: `step '${step}' needs a network of its own, and ${nameOf(engine)} can make none: ${engine.noNetwork}`,
      hint: "Install passt or slirp4netns, or choose another network: @container({ network: 'none' }), or 'host' for that of this machine; for all steps --with container:network=none.",
    },
  ];
}

function checkImage(request: StepRequest, { images }: CheckedPlace): readonly CheckFinding[] {
  const { step } = request;
  const { image } = settingsOf(request);
  const state = images.get(image);
  if (state?.ready !== false) return [];
  const { message, hint } = missingImage(image, state.reason);
  // A registry that is busy, and a network that is down, may be over when the step's turn comes: it asks again then.
  const level = state.permanent ? 'error' : 'warning';
  return [{ step, level, message: `step '${step}': ${message}`, hint }];
}

/** A warning only: lists of access rights, and the disks of virtual machines, may let others write all the same. */
function checkUser(request: StepRequest, { store }: CheckedPlace): readonly CheckFinding[] {
  const { step } = request;
  const { user: told } = settingsOf(request);
  if (told === undefined || store === undefined || mayWrite(told, store)) return [];
  const [user = ''] = told.split(':');
  const [, group = ''] = store.user.split(':');
  return [
    {
      step,
      level: 'warning',
      message: `step '${step}' runs as user '${told}', who may not write its results into the datastore: that folder is open to the one who runs Leat`,
      hint: `Open it to its group, and name that: umask 002 before leat run, chmod -R g+w for a datastore that is there already, @container({ user: '${user}:${group}' }). Or keep the datastore in S3.`,
    },
  ];
}

/** Root is kept from nothing. */
function mayWrite(told: string, { user: own, mode }: StoreFolder): boolean {
  const [user = '', group] = told.split(':');
  const [ownUser, ownGroup] = own.split(':');
  if (user === ownUser || user === '0' || user === 'root') return true;
  return (mode & 0o002) !== 0 || (group === ownGroup && (mode & 0o020) !== 0);
}

function checkGpus(
  { step, resources: { gpu } }: StepRequest,
  { machine, engine }: CheckedPlace,
): readonly CheckFinding[] {
  if (gpu.value > machine.gpus.length) {
    return [
      {
        step,
        level: 'error',
        message: `step '${step}' asks for ${gpu.value} GPUs, and this machine has ${machine.gpus.length}`,
        hint: 'LEAT_LOCAL_GPU says how many there are when Leat does not see them; another layer may have some: --with NAME.',
      },
    ];
  }
  if (gpu.value === 0 || !isOldPodman(engine)) return [];
  return [
    {
      step,
      level: 'error',
      message: `step '${step}' asks for a GPU, which podman ${engine.version} does not give to containers that are started through its API`,
      hint: `Install podman ${firstPodmanWithDevices} or newer, or docker with the NVIDIA Container Toolkit.`,
    },
  ];
}

/** A limit that is not enforced is told before the run: nothing fails of it, and nothing is kept back by it. */
function checkLimits({ step, resources }: StepRequest, { engine }: CheckedPlace): readonly CheckFinding[] {
  const { cpu, memory } = resources;
  const loose = [
    ...(memory.origin !== 'default' && !engine.limits.memory ? [`${memory.value} MB of memory`] : []),
    ...(cpu.origin !== 'default' && !engine.limits.cpu
      ? [cpu.value === 1 ? '1 core' : `${cpu.value} cores`]
      : []),
  ];
  if (loose.length === 0) return [];
  const isLoose = memory.origin !== 'default' && !engine.limits.memory;
  const memoryNote = isLoose ? ', and only the heap of JavaScript is limited' : '';
  const groups = engine.cgroups === undefined ? '' : ` with control groups of version ${engine.cgroups}`;
  return [
    {
      step,
      level: 'warning',
      message: `step '${step}' asks for ${loose.join(' and ')}, which ${nameOf(engine)} cannot enforce here${groups}: its tasks are placed by what they ask for${memoryNote}`,
      hint: limitRemedy(engine),
    },
  ];
}

function limitRemedy({ rootless, cgroups, kind }: CheckedPlace['engine']): string {
  if (!rootless) return `Let the kernel account for memory and cpu: \`${kind} info\` says what it has.`;
  return cgroups === 2
    ? 'Have systemd hand the controllers to users: Delegate=cpu memory pids in /etc/systemd/system/user@.service.d/delegate.conf, then log in again.'
    : `Only a ${kind} of root, or one under control groups of version 2, enforces it.`;
}

function checkDisk({ step, resources: { disk } }: StepRequest): readonly CheckFinding[] {
  if (disk.origin === 'default') return [];
  return [
    {
      step,
      level: 'warning',
      message: `step '${step}' asks for ${disk.value} MB of disk: containers of this machine share what there is, and nothing is set aside`,
    },
  ];
}

const isOldPodman = ({ kind, version }: CheckedPlace['engine']): boolean =>
  kind === 'podman' && Number.parseInt(version, 10) < firstPodmanWithDevices;
