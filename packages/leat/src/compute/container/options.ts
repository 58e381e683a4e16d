/** The options of `@container` and `--with container:…`, checked and brought to their final form once, when the run is planned. */
import path from 'node:path';
import { LeatError } from '../../errors/index.ts';
import type { ContainerOptions } from '../../flow/container.ts';

/** The options in their final form: as the run keeps them. */
export interface ContainerSettings {
  readonly image: string;
  /** MB. */
  readonly sharedMemory?: number;
  /** MB by path. */
  readonly tmpfs: Readonly<Record<string, number>>;
  readonly volumes: readonly Volume[];
  readonly environment: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly network?: string;
}

/** Something mounted into the container. */
export interface Volume {
  /** A full path, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What the defaults depend on. */
export interface OptionSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** Of the running Node: `26.10.0`. */
  readonly nodeVersion: string;
}

type Options = Readonly<Record<string, unknown>>;
/** What was expected instead. */
type Rule = (value: unknown) => string | undefined;

const unless = (holds: boolean, expected: string): string | undefined => (holds ? undefined : expected);
const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
const isSize = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value > 0;
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const volumePattern = /^(?<source>[^:]+):(?<target>\/[^:]*)(?::(?<mode>ro|rw))?$/;
const variableName = /^[^=\0]+$/;

// What `plan/` takes out as resources is let through, so that the options of a decorator can be checked as they are.
const rules: Readonly<Record<keyof ContainerOptions | 'disk', Rule>> = {
  image: (value) => unless(isText(value) && !/\s/.test(value), "the name of an image, such as 'python:3.12'"),
  cpu: (value) => unless(isSize(value), 'a number of cores above 0'),
  memory: (value) => unless(isSize(value), 'a number of MB above 0'),
  gpu: (value) => unless(Number.isSafeInteger(value) && Number(value) >= 0, 'a whole number of devices'),
  disk: (value) => unless(isSize(value), 'a number of MB above 0'),
  sharedMemory: (value) => unless(isSize(value), 'a number of MB above 0'),
  tmpfs: (value) =>
    unless(
      isSize(value) ||
        (isRecord(value) && Object.entries(value).every(([at, size]) => at.startsWith('/') && isSize(size))),
      'a number of MB above 0, or a record of full paths and such numbers',
    ),
  volumes: (value) =>
    unless(
      Array.isArray(value) && value.every((each) => isText(each) && volumePattern.test(each)),
      "a list of 'folder:/place' or 'folder:/place:ro'",
    ),
  environment: (value) =>
    unless(
      isRecord(value) &&
        Object.entries(value).every(([name, text]) => variableName.test(name) && typeof text === 'string'),
      'a record of names and strings',
    ),
  user: (value) => unless(isText(value) || Number.isSafeInteger(value), "a user or 'user:group'"),
  network: (value) => unless(isText(value), "'bridge', 'host', 'none' or the name of a network"),
};

/** @throws LeatError OPTION_INVALID naming the option. */
export function parseContainerOptions(
  options: Options,
  { env, folder, nodeVersion }: OptionSurroundings,
): ContainerSettings {
  for (const [name, value] of Object.entries(options)) if (value !== undefined) check(name, value);
  const { image, sharedMemory, tmpfs, volumes, environment, user, network } = options as ContainerOptions;
  return {
    image: image ?? (env['LEAT_CONTAINER_IMAGE'] || defaultImage(nodeVersion)),
    tmpfs: typeof tmpfs === 'number' ? { '/tmp': tmpfs } : { ...tmpfs },
    volumes: (volumes ?? []).map((text) => volumeOf(text, folder)),
    environment: { ...environment },
    ...(sharedMemory !== undefined && { sharedMemory }),
    ...(user !== undefined && { user: `${user}` }),
    ...(network !== undefined && { network }),
  };
}

/** The smallest image that everything is known to work in, with a Node as new as the one that starts the run. */
function defaultImage(nodeVersion: string): string {
  return `docker.io/library/node:${nodeVersion.split('.')[0] ?? ''}-slim`;
}

function check(name: string, value: unknown): void {
  const rule = Object.hasOwn(rules, name) ? rules[name as keyof typeof rules] : undefined;
  const details = { layer: 'container', option: name };
  if (rule === undefined) {
    throw new LeatError('OPTION_INVALID', `the compute layer 'container' has no option '${name}'`, {
      hint: `Its options: ${Object.keys(rules).join(', ')}.`,
      details,
    });
  }
  const expected = rule(value);
  if (expected === undefined) return;
  throw new LeatError(
    'OPTION_INVALID',
    `@container: '${name}' must be ${expected}, got ${JSON.stringify(value)}`,
    { hint: 'See docs/layers/container.md for what each option means.', details },
  );
}

function volumeOf(text: string, folder: string): Volume {
  const { source = '', target = '', mode } = volumePattern.exec(text)?.groups ?? {};
  const isName = !source.includes('/') && source !== '.' && source !== '..';
  return { source: isName ? source : path.resolve(folder, source), target, readOnly: mode === 'ro' };
}
