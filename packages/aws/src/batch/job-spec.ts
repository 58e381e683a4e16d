/** A task's shape → the platform's requests. Pure. */
import { createHash } from 'node:crypto';
import type { ResolvedResources } from 'leat/compute';
import { nearestFargatePair } from './fargate.ts';
import type { ParsedOptions } from './options.ts';
import type {
  ContainerProperties,
  KeyValuePair,
  LinuxParameters,
  MountPoint,
  RegisterJobDefinitionRequest,
  SubmitJobRequest,
  Volume,
} from './api.ts';

/** Where a queue's jobs run. Environments that are managed by the user count as EC2. */
export type Platform = 'ec2' | 'fargate';

/** What a job is to have. */
export interface JobShape {
  readonly resources: ResolvedResources;
  readonly options: ParsedOptions;
  readonly platform: Platform;
  /** That of the machine whose Node the tasks use; `options.architecture` wins. */
  readonly architecture: 'x86_64' | 'arm64';
  /** What its container runs: fixed, whatever the task. */
  readonly command: readonly string[];
}

/** Memory of a task that asks for none, in MB. */
const defaultMemory = 4096;

/** MB in a GiB, in which Fargate counts its disk. */
const gib = 1024;

/** What Fargate gives without being asked, in MB. */
const fargateDisk = 20_480;

/** Cores and memory of a job, in cores and MB: what was asked for, and what stands in for what was not. */
export function sizeOf({ resources, platform }: Pick<JobShape, 'resources' | 'platform'>): {
  readonly cpu: number;
  readonly memory: number;
} {
  const { cpu, memory } = resources;
  const asked = { cpu: cpu.value, memory: Math.ceil(memory.value || defaultMemory) };
  if (platform === 'ec2') return { ...asked, cpu: Math.max(1, Math.ceil(cpu.value)) };
  const pair = nearestFargatePair(asked);
  // What nobody asked for may be more than that; what somebody asked for is told by `check`.
  if (pair === undefined) return asked;
  return {
    cpu: cpu.origin === 'default' ? pair.cpu : cpu.value,
    memory: memory.origin === 'default' ? pair.memory : asked.memory,
  };
}

/**
 * The definition of the jobs of a shape, named by its content: the same shape is the same definition, so one is registered once and used
 * from then on.
 */
export function jobDefinitionOf(shape: JobShape): RegisterJobDefinitionRequest & {
  readonly jobDefinitionName: string;
} {
  const { options, platform } = shape;
  const { spotRetries = defaultSpotRetries, tags } = options;
  const definition: Omit<RegisterJobDefinitionRequest, 'jobDefinitionName'> = {
    type: 'container',
    platformCapabilities: [platform === 'fargate' ? 'FARGATE' : 'EC2'],
    containerProperties: containerOf(shape),
    retryStrategy: {
      attempts: spotRetries + 1,
      // The first rule that fits decides, and what none fits is tried again: the last one ends that.
      evaluateOnExit: [
        { onStatusReason: 'Host EC2*', action: 'RETRY' },
        { onReason: '*', action: 'EXIT' },
      ],
    },
    propagateTags: true,
    tags: { ...tags, 'leat.layer': 'batch' },
  };
  const hash = createHash('sha256').update(canonical(definition)).digest('hex');
  return { jobDefinitionName: `leat-${hash.slice(0, 32)}`, ...definition };
}

/** A Spot instance that is taken away costs nothing but time. */
const defaultSpotRetries = 2;

function containerOf(shape: JobShape): ContainerProperties {
  const { options, platform, command } = shape;
  const { image, jobRole, executionRole, user, privileged } = options;
  const { volumes, mountPoints } = volumesOf(options);
  const linuxParameters = linuxOf(shape);
  return {
    image,
    command: [...command],
    resourceRequirements: requirementsOf(shape),
    ...(jobRole === undefined ? {} : { jobRoleArn: jobRole }),
    ...(executionRole === undefined ? {} : { executionRoleArn: executionRole }),
    ...(user === undefined ? {} : { user }),
    ...(privileged === undefined ? {} : { privileged }),
    ...(volumes.length === 0 ? {} : { volumes, mountPoints }),
    ...(linuxParameters === undefined ? {} : { linuxParameters }),
    ...(platform === 'fargate' ? fargateOf(shape) : {}),
  };
}

function requirementsOf(shape: JobShape): NonNullable<ContainerProperties['resourceRequirements']> {
  const { cpu, memory } = sizeOf(shape);
  const gpu = shape.resources.gpu.value;
  return [
    { type: 'VCPU', value: String(cpu) },
    { type: 'MEMORY', value: String(memory) },
    ...(gpu > 0 ? [{ type: 'GPU' as const, value: String(gpu) }] : []),
  ];
}

function fargateOf({ options, resources, architecture }: JobShape): Partial<ContainerProperties> {
  const disk = options.ephemeralStorage ?? resources.disk.value;
  return {
    fargatePlatformConfiguration: { platformVersion: 'LATEST' },
    networkConfiguration: { assignPublicIp: options.publicIp === false ? 'DISABLED' : 'ENABLED' },
    runtimePlatform: {
      cpuArchitecture: (options.architecture ?? architecture) === 'arm64' ? 'ARM64' : 'X86_64',
      operatingSystemFamily: 'LINUX',
    },
    ...(disk > fargateDisk ? { ephemeralStorage: { sizeInGiB: Math.max(21, Math.ceil(disk / gib)) } } : {}),
  };
}

/** Batch starts a small init in the container, so that children that outlive their parents are reaped and signals arrive. */
function linuxOf({ options, platform }: JobShape): LinuxParameters | undefined {
  if (platform === 'fargate') return { initProcessEnabled: true };
  const { sharedMemory, tmpfs, swap, inferentia = 0, trainium = 0 } = options;
  const devices = Array.from({ length: Math.max(inferentia, trainium) }, (_, index) => ({
    hostPath: `/dev/neuron${index}`,
    containerPath: `/dev/neuron${index}`,
    permissions: ['READ' as const, 'WRITE' as const],
  }));
  return {
    initProcessEnabled: true,
    ...(sharedMemory === undefined ? {} : { sharedMemorySize: Math.ceil(sharedMemory) }),
    ...(tmpfs === undefined
      ? {}
      : {
          tmpfs: Object.entries(tmpfs).map(([containerPath, size]) => ({
            containerPath,
            size: Math.ceil(size),
          })),
        }),
    ...(swap === undefined ? {} : { maxSwap: Math.ceil(swap) }),
    ...(devices.length === 0 ? {} : { devices }),
  };
}

interface Volumes {
  readonly volumes: Volume[];
  readonly mountPoints: MountPoint[];
}

function volumesOf({ efs = [], hostVolumes = [] }: ParsedOptions): Volumes {
  const volumes: Volume[] = [];
  const mountPoints: MountPoint[] = [];
  const add = (volume: Volume, containerPath: string, readOnly: boolean): void => {
    const name = `volume-${volumes.length}`;
    volumes.push({ ...volume, name });
    mountPoints.push({ sourceVolume: name, containerPath, readOnly });
  };
  for (const { fileSystem, path, root, accessPoint, iam, readOnly = false } of efs) {
    const authorized = accessPoint !== undefined || iam === true;
    const efsVolumeConfiguration = {
      fileSystemId: fileSystem,
      ...(root === undefined ? {} : { rootDirectory: root }),
      // Access points and roles are refused by EFS without it.
      transitEncryption: 'ENABLED' as const,
      ...(authorized
        ? {
            authorizationConfig: {
              ...(accessPoint === undefined ? {} : { accessPointId: accessPoint }),
              iam: iam === true ? ('ENABLED' as const) : ('DISABLED' as const),
            },
          }
        : {}),
    };
    add({ efsVolumeConfiguration }, path, readOnly);
  }
  for (const { host, path, readOnly } of hostVolumes) add({ host: { sourcePath: host } }, path, readOnly);
  return { volumes, mountPoints };
}

/** JSON whose keys are in order, so that equal content is equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** Least time limit that Batch takes, in seconds. */
const leastTimeout = 60;

/** Beyond the task's own time: the image's Node may have to be fetched, and the end of a task takes a while. In seconds. */
const timeoutAllowance = 600;

/** What a job is sent with. */
export interface Submission {
  readonly name: string;
  /** `leat-0123…:1` */
  readonly definition: string;
  readonly options: ParsedOptions;
  /** Attempts in it. */
  readonly size: number;
  /** What all of them are told; does not grow with their number. */
  readonly environment: Readonly<Record<string, string>>;
  /** Time of one job, members of a chunk summed up; the agent within the container ends it on time. */
  readonly timeoutSeconds?: number;
  /** Whose job it is, for people who look at the bill. */
  readonly of: { readonly flow: string; readonly run: string; readonly step: string; readonly user: string };
}

/** The call that sends a group of attempts. */
export function submitJobOf({
  name,
  definition,
  options,
  size,
  environment,
  timeoutSeconds,
  of,
}: Submission): SubmitJobRequest {
  const { queue, share, priority, tags } = options;
  const variables: KeyValuePair[] = Object.entries(environment).map(([key, value]) => ({ name: key, value }));
  return {
    jobName: name,
    jobQueue: queue,
    jobDefinition: definition,
    ...(size > 1 ? { arrayProperties: { size } } : {}),
    containerOverrides: { environment: variables },
    ...(timeoutSeconds === undefined
      ? {}
      : {
          timeout: {
            attemptDurationSeconds: Math.max(leastTimeout, Math.ceil(timeoutSeconds) + timeoutAllowance),
          },
        }),
    ...(share === undefined ? {} : { shareIdentifier: share }),
    ...(priority === undefined ? {} : { schedulingPriorityOverride: priority }),
    propagateTags: true,
    tags: {
      ...tags,
      'leat.flow': tagValue(of.flow),
      'leat.run': tagValue(`${of.flow}/${of.run}`),
      'leat.step': tagValue(of.step),
      'leat.user': tagValue(of.user),
    },
  };
}

/** Tags of AWS take letters, digits, spaces and `_ . : / = + - @`, 256 of them. */
const tagValue = (text: string): string =>
  text.replaceAll(/[^\p{L}\p{Z}\p{N}_.:/=+\-@]/gu, '_').slice(0, 256);
