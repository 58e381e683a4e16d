import { LeatError } from 'leat';

/** A file system of EFS within the task's container. */
export interface EfsVolume {
  /** `fs-0123456789abcdef0`. */
  readonly fileSystem: string;
  /** Where the task sees it: `/mnt/data`. */
  readonly path: string;
  /** The folder of the file system that is mounted; `/` unless told. Not together with `accessPoint`. */
  readonly root?: string;
  /** `fsap-…`. */
  readonly accessPoint?: string;
  /** The task's role decides what it may do there; needs `jobRole`. */
  readonly iam?: boolean;
  readonly readOnly?: boolean;
}

/** A folder of the EC2 instance within the task's container. */
export interface HostVolume {
  /** The folder on the instance. */
  readonly host: string;
  /** Where the task sees it; the same path unless told. */
  readonly path?: string;
  readonly readOnly?: boolean;
}

/**
 * What `@batch({ … })` and `--with batch:…` take. Sizes in MB (1 MB is 1,048,576 bytes), `cpu` in cores. What is not given is taken from the
 * variables `LEAT_BATCH_QUEUE`, `LEAT_BATCH_IMAGE`, `LEAT_BATCH_JOB_ROLE` and `LEAT_BATCH_EXECUTION_ROLE`, where they are set.
 *
 * @example
 * @batch({ memory: 16_000, cpu: 4, queue: 'spot' })
 */
export interface BatchOptions {
  /** Cores; 1 unless told. On Fargate a pair with `memory` that it has. */
  readonly cpu?: number;
  /** Memory; 4096 unless told. A task that needs more is killed and fails with `out-of-memory`. */
  readonly memory?: number;
  /** GPUs. EC2 only. */
  readonly gpu?: number;
  /** Space on the disk; on Fargate the same as `ephemeralStorage`, elsewhere what the instance has. */
  readonly disk?: number;
  /** Any image with glibc and `/bin/sh`; a small one with Node unless told. */
  readonly image?: string;
  /** Name or ARN of the job queue. */
  readonly queue?: string;
  /** ARN of the role that the task has: it must be able to use the datastore. */
  readonly jobRole?: string;
  /** ARN of the role with which the image is pulled and logs are written. Needed on Fargate. */
  readonly executionRole?: string;
  /** Size of `/dev/shm`. EC2 only. */
  readonly sharedMemory?: number;
  /** Memory that is mounted as a file system: its size, at `/tmp`, or sizes by path. EC2 only. Counts as the task's memory. */
  readonly tmpfs?: number | Readonly<Record<string, number>>;
  /** Swap space that the task may use besides its memory. EC2 only, and the instance must have some. */
  readonly swap?: number;
  /** Fargate's disk: 21,504 to 204,800. */
  readonly ephemeralStorage?: number;
  readonly efs?: EfsVolume | readonly EfsVolume[];
  /** Folders of the instance. EC2 only. */
  readonly hostVolumes?: string | HostVolume | readonly (string | HostVolume)[];
  /** Devices of AWS Inferentia. EC2 only. */
  readonly inferentia?: number;
  /** Devices of AWS Trainium. EC2 only. */
  readonly trainium?: number;
  /** Tags of the job, its definition and its tasks, besides those of Leat. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Share identifier, for a queue with a scheduling policy. */
  readonly share?: string;
  /** Of 0 to 9,999, within the share; for a queue with a scheduling policy. */
  readonly priority?: number;
  /** How often Batch itself starts a task again whose Spot instance was taken away, at the head of the queue and without Leat; 0 to 9, 2 unless told. */
  readonly spotRetries?: number;
  /** Fargate gives the task a public address, which it needs in a subnet without NAT; `true` unless told. */
  readonly publicIp?: boolean;
  /** `x86_64` or `arm64`; that of this machine unless told. */
  readonly architecture?: 'x86_64' | 'arm64';
  /** The user that the task runs as in its container: `1000`, `1000:1000`, a name. */
  readonly user?: string;
  /** The task may do what root of the instance may. EC2 only. */
  readonly privileged?: boolean;
}

/** The options without resources, which the plan has resolved, and with nothing left out that has a default. */
export interface ParsedOptions extends Omit<
  BatchOptions,
  'cpu' | 'memory' | 'gpu' | 'disk' | 'tmpfs' | 'efs' | 'hostVolumes'
> {
  readonly queue: string;
  readonly image: string;
  readonly tmpfs?: Readonly<Record<string, number>>;
  readonly efs?: readonly EfsVolume[];
  readonly hostVolumes?: readonly Required<HostVolume>[];
}

/** Small, with Node and glibc, and from a mirror that asks nobody for a login. */
export const defaultImage = 'public.ecr.aws/docker/library/node:24-slim';

type Check = (value: unknown) => string | undefined;

const text: Check = (value) =>
  typeof value === 'string' && value.length > 0 ? undefined : 'a text that is not empty';
const flag: Check = (value) => (typeof value === 'boolean' ? undefined : 'true or false');
const megabytes: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 1 ? undefined : 'a number of MB';
const whole =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`;
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string) ? undefined : words.map((word) => `'${word}'`).join(' or ');
const role: Check = (value) =>
  typeof value === 'string' && /^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(value)
    ? undefined
    : 'the ARN of a role, such as arn:aws:iam::123456789012:role/leat-task';
const storage: Check = (value) =>
  typeof value === 'number' && value >= 21_504 && value <= 204_800
    ? undefined
    : 'from 21504 to 204800 MB, which is what Fargate has';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sizes: Check = (value) => {
  const expected = 'a number of MB, or a record of absolute paths and numbers of MB';
  if (!isRecord(value)) return megabytes(value) === undefined ? undefined : expected;
  const fine = Object.entries(value).every(
    ([path, size]) => path.startsWith('/') && megabytes(size) === undefined,
  );
  return fine ? undefined : expected;
};

/** Batch's own limits on tags: 50, of which Leat takes 4; keys of 128 and values of 256 characters. */
const tagRecord: Check = (value) => {
  const expected =
    'a record of at most 46 tags, with keys of up to 128 and values of up to 256 characters, none beginning with aws:';
  if (!isRecord(value)) return expected;
  const entries = Object.entries(value);
  const fine = entries.every(
    ([key, tag]) => /^(?!aws:)[^]{1,128}$/i.test(key) && typeof tag === 'string' && tag.length <= 256,
  );
  return fine && entries.length <= 46 ? undefined : expected;
};

const fields =
  (expected: string, checks: Readonly<Record<string, Check>>, needed: readonly string[]): Check =>
  (value) =>
    isRecord(value) &&
    needed.every((name) => name in value) &&
    Object.entries(value).every(
      ([name, each]) => Object.hasOwn(checks, name) && checks[name]?.(each) === undefined,
    )
      ? undefined
      : expected;

const oneOrMany =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) ? value.map(check).find((wrong) => wrong !== undefined) : check(value);

const absolute: Check = (value) =>
  typeof value === 'string' && value.startsWith('/') ? undefined : 'a path that begins with /';

const efsVolume = fields(
  "{ fileSystem: 'fs-…', path: '/…' }, and if need be root, accessPoint, iam, readOnly",
  {
    fileSystem: (value) => (typeof value === 'string' && /^fs-[0-9a-f]+$/.test(value) ? undefined : ''),
    path: absolute,
    root: absolute,
    accessPoint: text,
    iam: flag,
    readOnly: flag,
  },
  ['fileSystem', 'path'],
);

const hostVolume: Check = (value) =>
  typeof value === 'string'
    ? absolute(value)
    : fields(
        "a path of the instance, or { host: '/…', path: '/…', readOnly: true }",
        { host: absolute, path: absolute, readOnly: flag },
        ['host'],
      )(value);

const checks: Readonly<Record<string, Check>> = {
  image: text,
  queue: text,
  jobRole: role,
  executionRole: role,
  sharedMemory: megabytes,
  tmpfs: sizes,
  swap: megabytes,
  ephemeralStorage: storage,
  efs: oneOrMany(efsVolume),
  hostVolumes: oneOrMany(hostVolume),
  inferentia: whole(1, 16),
  trainium: whole(1, 16),
  tags: tagRecord,
  share: text,
  priority: whole(0, 9999),
  spotRetries: whole(0, 9),
  publicIp: flag,
  architecture: oneOf('x86_64', 'arm64'),
  user: text,
  privileged: flag,
};

/** Variables that stand in for options that nobody gives. */
const variables = {
  queue: 'LEAT_BATCH_QUEUE',
  image: 'LEAT_BATCH_IMAGE',
  jobRole: 'LEAT_BATCH_JOB_ROLE',
  executionRole: 'LEAT_BATCH_EXECUTION_ROLE',
} as const;

/**
 * Checks what `--with batch:…` or `@batch` gave and completes it.
 *
 * @param env where defaults are taken from
 * @throws LeatError OPTION_INVALID naming the option and what it takes
 */
export function parseBatchOptions(
  given: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions {
  const options: Record<string, unknown> = { ...fromVariables(env), ...given };
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw unknownOption(name);
    const expected = check(value);
    if (expected !== undefined) throw wrongOption(name, expected, value);
  }
  if (options['queue'] === undefined) {
    throw new LeatError('OPTION_INVALID', "the compute layer 'batch' needs the name of a job queue", {
      hint: '--with batch:queue=NAME, @batch({ queue: … }), the variable LEAT_BATCH_QUEUE, or once for all: leat configure aws',
      details: { layer: 'batch', option: 'queue' },
    });
  }
  return complete(options as unknown as BatchOptions & { readonly queue: string });
}

function fromVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found = Object.entries(variables).flatMap(([option, variable]) => {
    const value = env[variable];
    return value === undefined || value === '' ? [] : [[option, value] as const];
  });
  return Object.fromEntries(found);
}

function complete({
  tmpfs,
  efs,
  hostVolumes,
  image = defaultImage,
  ...options
}: BatchOptions & { readonly queue: string }): ParsedOptions {
  return {
    ...options,
    image,
    ...(tmpfs === undefined ? {} : { tmpfs: typeof tmpfs === 'number' ? { '/tmp': tmpfs } : tmpfs }),
    ...(efs === undefined ? {} : { efs: 'fileSystem' in efs ? [efs] : efs }),
    ...(hostVolumes === undefined ? {} : { hostVolumes: [hostVolumes].flat().map(fullVolume) }),
  };
}

function fullVolume(volume: string | HostVolume): Required<HostVolume> {
  if (typeof volume === 'string') return { host: volume, path: volume, readOnly: false };
  const { host, path = host, readOnly = false } = volume;
  return { host, path, readOnly };
}

function unknownOption(name: string): LeatError {
  return new LeatError('OPTION_INVALID', `the compute layer 'batch' has no option '${name}'`, {
    hint: `It has ${['cpu', 'memory', 'gpu', 'disk', ...Object.keys(checks)].join(', ')}.`,
    details: { layer: 'batch', option: name },
  });
}

function wrongOption(name: string, expected: string, value: unknown): LeatError {
  return new LeatError(
    'OPTION_INVALID',
    `the option '${name}' of the compute layer 'batch' must be ${expected}; got ${JSON.stringify(value)}`,
    { hint: 'Sizes are in MB.', details: { layer: 'batch', option: name } },
  );
}
