/** What a container engine tells of itself → what the layer looks at. Pure. */

/** Limits that an engine can hold containers to. */
export interface EnforcedLimits {
  readonly memory: boolean;
  readonly cpu: boolean;
}

/** See the file's header. */
export interface EngineFacts {
  readonly kind: 'podman' | 'docker';
  readonly version: string;
  readonly os: string;
  /** As engines name it: `amd64`, `arm64`. */
  readonly arch: string;
  readonly rootless: boolean;
  /** Of control groups: 1 or 2; `undefined`: it does not say. */
  readonly cgroups: 1 | 2 | undefined;
  readonly limits: EnforcedLimits;
  /** Why containers can have no network of their own; absent: they can. */
  readonly noNetwork?: string;
}

/** `GET /version`. */
export interface VersionAnswer {
  readonly Version: string;
  readonly Os: string;
  readonly Arch: string;
  readonly Components?: readonly { readonly Name: string }[];
}

/** `GET /info`. */
export interface InfoAnswer {
  /** Docker's word for it is among these. */
  readonly SecurityOptions?: readonly string[] | null;
  /** Podman's. */
  readonly Rootless?: boolean;
  readonly CgroupVersion?: string;
  readonly CgroupDriver?: string;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
}

interface Helper {
  readonly executable?: string;
}

/** `GET /libpod/info`: podman's own. */
export interface PodmanAnswer {
  readonly host?: {
    readonly cgroupVersion?: string;
    /** Of a rootless podman those that were handed to this user. */
    readonly cgroupControllers?: readonly string[] | null;
    readonly slirp4netns?: Helper | null;
    readonly pasta?: Helper | null;
  };
}

/** Whether it is podman that says so. */
export const isPodman = ({ Components = [] }: VersionAnswer): boolean =>
  Components.some(({ Name }) => /podman/i.test(Name));

/** `podman`: `undefined` with docker, and where a podman does not answer that. */
export function factsOf(
  version: VersionAnswer,
  info: InfoAnswer,
  podman: PodmanAnswer | undefined,
): EngineFacts {
  const rootless =
    info.Rootless ?? (info.SecurityOptions ?? []).some((option) => option.includes('rootless'));
  const told = podman?.host?.cgroupVersion ?? info.CgroupVersion ?? '';
  const cgroups = ({ 1: 1, 2: 2 } as const)[told.replace('v', '')];
  const kind = isPodman(version) ? 'podman' : 'docker';
  const noNetwork = kind === 'podman' && rootless ? missingHelper(podman) : undefined;
  return {
    kind,
    version: version.Version,
    os: version.Os,
    arch: version.Arch,
    rootless,
    cgroups,
    limits: kind === 'podman' ? podmanLimits(rootless, podman) : dockerLimits(info),
    ...(noNetwork !== undefined && { noNetwork }),
  };
}

/** Docker says so, and then drops the wish with a warning. */
function dockerLimits({ MemoryLimit = true, CpuCfsQuota = true, CgroupDriver }: InfoAnswer): EnforcedLimits {
  const any = CgroupDriver !== 'none';
  return { memory: any && MemoryLimit, cpu: any && CpuCfsQuota };
}

/**
 * A rootless podman enforces what was handed to its user: under control groups of version 1 nothing. It drops such a wish there; under version 2
 * its runtime refuses the container.
 */
function podmanLimits(rootless: boolean, podman: PodmanAnswer | undefined): EnforcedLimits {
  const controllers = podman?.host?.cgroupControllers;
  if (!rootless || controllers === undefined) return { memory: true, cpu: true };
  const has = (name: string): boolean => controllers?.includes(name) === true;
  return { memory: has('memory'), cpu: has('cpu') };
}

/** A rootless podman needs a program that connects a container to the network. */
function missingHelper(podman: PodmanAnswer | undefined): string | undefined {
  const { slirp4netns, pasta } = podman?.host ?? {};
  if (!slirp4netns && !pasta) return undefined;
  return slirp4netns?.executable || pasta?.executable
    ? undefined
    : 'neither pasta nor slirp4netns is installed';
}
