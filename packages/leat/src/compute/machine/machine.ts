/**
 * What this machine has for tasks: cores, memory, GPUs, as far as this process may use them (affinity and cgroup limits
 * count, as in a container or under a CI runner). Reads only; decides nothing.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { LeatError } from '../../errors/index.ts';
import { groupFolders, type ReadText, readText } from '../../process/control-group.ts';
import type { Machine } from './placement.ts';

/** Where the facts are read from. */
export interface MachineSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly read: ReadText;
  /** Names in a folder; none when there is no such folder. */
  readonly list: (path: string) => readonly string[];
  readonly cores: number;
  /** In bytes. */
  readonly memory: number;
}

const bytesPerMb = 1024 * 1024;

function listNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** The real ones. */
function machineSources(): MachineSources {
  return {
    env: process.env,
    read: readText,
    list: listNames,
    cores: availableParallelism(),
    memory: totalmem(),
  };
}

function coreLimit(sources: MachineSources): number {
  const limits = groupFolders('cpu', sources.read).map((folder) => {
    const [quota, period] = (sources.read(`${folder}/cpu.max`) ?? '').trim().split(' ').map(Number);
    const older =
      Number(sources.read(`${folder}/cpu.cfs_quota_us`) ?? Number.NaN) /
      Number(sources.read(`${folder}/cpu.cfs_period_us`) ?? Number.NaN);
    return quota !== undefined && period !== undefined ? quota / period : older;
  });
  return Math.min(sources.cores, ...limits.filter((limit) => limit > 0));
}

function memoryLimit(sources: MachineSources): number {
  const limits = groupFolders('memory', sources.read).flatMap((folder) => [
    Number(sources.read(`${folder}/memory.max`) ?? Number.NaN),
    Number(sources.read(`${folder}/memory.limit_in_bytes`) ?? Number.NaN),
  ]);
  return Math.min(sources.memory, ...limits.filter((limit) => limit > 0)) / bytesPerMb;
}

function gpuNames(sources: MachineSources): readonly string[] {
  const visible = sources.env['CUDA_VISIBLE_DEVICES'];
  if (visible !== undefined)
    return visible
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && name !== '-1');
  return sources
    .list('/dev')
    .flatMap((name) => /^nvidia(\d+)$/.exec(name)?.[1] ?? [])
    .toSorted((a, b) => Number(a) - Number(b));
}

function override(env: MachineSources['env'], name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new LeatError(
    'OPTION_INVALID',
    `the variable ${name} must be a number of zero or more; it is '${text}'`,
    {
      hint: `Unset ${name} to let Leat look at the machine.`,
    },
  );
}

/**
 * The machine as tasks may use it. `LEAT_LOCAL_CPU` (cores), `LEAT_LOCAL_MEMORY` (MB) and `LEAT_LOCAL_GPU` (devices) say
 * otherwise. @throws LeatError OPTION_INVALID for a variable that is no number.
 */
export function readMachine(sources: MachineSources = machineSources()): Machine {
  const { env } = sources;
  const found = gpuNames(sources);
  const gpus = override(env, 'LEAT_LOCAL_GPU') ?? found.length;
  return {
    cpu: override(env, 'LEAT_LOCAL_CPU') ?? coreLimit(sources),
    memory: Math.floor(override(env, 'LEAT_LOCAL_MEMORY') ?? memoryLimit(sources)),
    gpus: Array.from({ length: gpus }, (_, index) => found[index] ?? `${index}`),
  };
}
