/** What can be said of steps before they run in containers. Pure. */
import type { CheckFinding, StepRequest } from '../compute-layer.ts';
import type { Machine } from '../machine/placement.ts';
import { missingImage, type ImageState } from './images.ts';
import type { ContainerSettings } from './options.ts';

/** What is known of the place. */
export interface CheckedPlace {
  readonly machine: Machine;
  readonly engine: { readonly kind: 'podman' | 'docker'; readonly version: string };
  /** By name, those that have been looked for. */
  readonly images: ReadonlyMap<string, ImageState>;
  /** The datastore is no folder of this machine. */
  readonly remoteStore: boolean;
}

/** Podman before it silently ignores devices that are asked for by the API. */
const firstPodmanWithDevices = 5;

/** Findings for one step. */
export function checkStep(
  { step, resources, options }: StepRequest,
  { machine, engine, images, remoteStore }: CheckedPlace,
): readonly CheckFinding[] {
  const findings: CheckFinding[] = [];
  const { image, network } = options as unknown as ContainerSettings;
  if (remoteStore && network === 'none') {
    findings.push({
      step,
      level: 'error',
      message: `step '${step}' has no network, and its results go to a datastore that is no folder of this machine`,
      hint: "Leave 'network' out, or keep the datastore in a folder.",
    });
  }
  const state = images.get(image);
  if (state?.ready === false) {
    const { message, hint } = missingImage(image, state.reason);
    findings.push({ step, level: 'error', message: `step '${step}': ${message}`, hint });
  }
  if (resources.gpu.value > machine.gpus.length) {
    findings.push({
      step,
      level: 'error',
      message: `step '${step}' asks for ${resources.gpu.value} GPUs, and this machine has ${machine.gpus.length}`,
      hint: 'LEAT_LOCAL_GPU says how many there are when Leat does not see them; another layer may have some: --with NAME.',
    });
  } else if (resources.gpu.value > 0 && isOldPodman(engine)) {
    findings.push({
      step,
      level: 'error',
      message: `step '${step}' asks for a GPU, which podman ${engine.version} does not give to containers that are started through its API`,
      hint: `Install podman ${firstPodmanWithDevices} or newer, or docker with the NVIDIA Container Toolkit.`,
    });
  }
  if (resources.disk.origin !== 'default') {
    findings.push({
      step,
      level: 'warning',
      message: `step '${step}' asks for ${resources.disk.value} MB of disk: containers of this machine share what there is, and nothing is set aside`,
    });
  }
  return findings;
}

const isOldPodman = ({ kind, version }: CheckedPlace['engine']): boolean =>
  kind === 'podman' && Number.parseInt(version, 10) < firstPodmanWithDevices;
