/** An attempt → how its process is started and what it is told. Pure. */
import type { TaskMessage } from '../../plan/task-message.ts';
import { workOf } from '../../plan/likely-work.ts';
import type { AttemptRequest, LayerContext } from '../compute-layer.ts';
import type { Launch } from './api.ts';

/** Threads that Node gives V8 for work in the background unless told. */
const defaultPoolSize = 4;

/**
 * Flags of Node. Memory that the step asked for bounds the heap of V8 too, so that a task that needs more ends with a message instead of
 * pushing the machine into swap. A task that has one core gets one thread for V8's work in the background, which also is 2 ms less
 * to start than four.
 */
function flagsOf({ cpu, memory }: AttemptRequest['resources']): readonly string[] {
  return [
    ...threadFlags(cpu.value),
    ...(memory.origin === 'default' ? [] : [`--max-old-space-size=${Math.max(1, Math.floor(memory.value))}`]),
  ];
}

function threadFlags(cores: number): readonly string[] {
  const threads = Math.max(1, Math.floor(cores));
  return threads < defaultPoolSize ? [`--v8-pool-size=${threads}`] : [];
}

/** The process of a step that asks for nothing: what is started ahead when nothing is known yet. */
export const plainLaunch: Launch = { flags: threadFlags(1), environment: {}, standby: true, work: undefined };

/** For the end of a flow of few steps: the second process that is started ahead. */
export const lastLaunch: Launch = { ...plainLaunch, work: { kind: 'nothing-end', step: 'end' } };

/** Flags and environment of the process. `gpus`: the devices that it was given, `undefined` on a machine without. */
export function launchOf(
  { resources, environment, spec }: AttemptRequest,
  gpus: readonly string[] | undefined,
): Launch {
  return {
    flags: flagsOf(resources),
    environment: gpus === undefined ? environment : { CUDA_VISIBLE_DEVICES: gpus.join(','), ...environment },
    // Which device the next task gets is not known before the last one has ended.
    standby: gpus === undefined || gpus.length === 0,
    work: workOf(spec),
  };
}

/** Where a task finds what it needs. */
export type Places = Pick<TaskMessage, 'datastore' | 'driver' | 'packageFolder' | 'sourceRoot'>;

/** The places of a run: in a datastore that is a folder it all lies in its place. */
export function placesOf({ datastore, tools: { driver }, packageFolder, sourceRoot }: LayerContext): Places {
  return {
    datastore,
    ...(driver !== undefined && { driver, ...(packageFolder !== undefined && { packageFolder }) }),
    ...(sourceRoot !== undefined && { sourceRoot }),
  };
}

/** The line that the process reads before it does anything. `mark`: what a chunk's process prints before each member. */
export function messageOf(
  { spec, chunk, environment, resources }: AttemptRequest,
  { mark, ...store }: Places & { readonly mark: string },
): string {
  const { cpu, memory, gpu, disk } = resources;
  const given = { cpu: cpu.value, memory: memory.value, gpu: gpu.value, disk: disk.value };
  const message: TaskMessage = { spec, environment, resources: given, ...store };
  return JSON.stringify(chunk === undefined ? message : { ...message, chunk: { ...chunk, mark } });
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment that every task gets: the engine's own, and a place for the compiled code of the runner and of the flow, which saves a
 * fifth of a task's start. `cache`: that place, if there is one and the user has not told Node of another.
 */
export function taskEnvironment(own: Environment, cache: string | undefined): Environment {
  return cache === undefined ? { ...own } : { ...own, LEAT_COMPILE_CACHE: cache };
}
