/**
 * Which of the waiting jobs start now: pure packing of cpu, memory and gpus onto one machine. First come, first served,
 * and smaller jobs may go ahead of one that does not fit yet, but only so often: then the machine is kept free for it.
 * Starts nothing and knows no process.
 */
import type { ResolvedResources } from '../../plan/plan.ts';

/** What the machine has. `memory` in MB; `gpus` are device names as CUDA_VISIBLE_DEVICES takes them. */
export interface Machine {
  readonly cpu: number;
  readonly memory: number;
  readonly gpus: readonly string[];
}

/** What a job takes from the machine while it runs. `memory` in MB. */
export interface Demand {
  readonly cpu: number;
  readonly memory: number;
  readonly gpu: number;
  /** Larger than the machine in some way: runs only when nothing else does. */
  readonly alone: boolean;
}

/** A job that waits. `overtaken`: how often a later job was started before it. */
export interface Waiting {
  readonly job: string;
  readonly demand: Demand;
  readonly overtaken: number;
}

/** A job that runs, with the devices that it was given. */
export interface Placed {
  readonly job: string;
  readonly demand: Demand;
  readonly gpus: readonly string[];
}

/** After a job was overtaken this often nothing more goes ahead of it. */
export const overtakeLimit = 16;

/** Cores are added up as fractions: what is lost in the last digits must not keep a job out. */
const tolerance = 1e-6;

/**
 * What a request takes. Memory that nobody asked for (`origin: 'default'`) is not reserved: the default is a size for
 * clouds, and would leave most cores of a laptop idle.
 */
export function demandOf(resources: ResolvedResources, machine: Machine): Demand {
  const memory = resources.memory.origin === 'default' ? 0 : resources.memory.value;
  const wanted = { cpu: resources.cpu.value, memory, gpu: resources.gpu.value };
  return { ...wanted, alone: shortages(wanted, machine).length > 0 };
}

/** What a request wants more of than the machine has, in words. */
export function shortages(wanted: Omit<Demand, 'alone'>, machine: Machine): readonly string[] {
  const found: string[] = [];
  if (wanted.cpu > machine.cpu + tolerance) found.push(`${wanted.cpu} cores of ${machine.cpu}`);
  if (wanted.memory > machine.memory) found.push(`${wanted.memory} MB of ${machine.memory} MB`);
  if (wanted.gpu > machine.gpus.length) found.push(`${wanted.gpu} GPUs of ${machine.gpus.length}`);
  return found;
}

interface Free {
  cpu: number;
  memory: number;
  gpus: string[];
  jobs: number;
}

function freeOf(machine: Machine, running: readonly Placed[]): Free {
  const taken = new Set(running.flatMap((placed) => placed.gpus));
  const free: Free = {
    cpu: machine.cpu,
    memory: machine.memory,
    gpus: machine.gpus.filter((gpu) => !taken.has(gpu)),
    jobs: running.length,
  };
  for (const { demand } of running) {
    free.cpu -= demand.cpu;
    free.memory -= demand.memory;
  }
  return free;
}

function fits({ cpu, memory, gpu, alone }: Demand, free: Free): boolean {
  if (alone) return free.jobs === 0;
  return cpu <= free.cpu + tolerance && memory <= free.memory && gpu <= free.gpus.length;
}

/**
 * Chooses the jobs to start now, in order. `waiting` is in order of arrival; `running` is what the machine already holds.
 * The caller counts {@link Waiting.overtaken} up with {@link overtakenBy}.
 */
export function place(
  machine: Machine,
  running: readonly Placed[],
  waiting: readonly Waiting[],
): readonly Placed[] {
  if (running.some(({ demand }) => demand.alone)) return [];
  const free = freeOf(machine, running);
  const started: Placed[] = [];
  for (const { job, demand, overtaken } of waiting) {
    if (!fits(demand, free)) {
      if (overtaken >= overtakeLimit) break;
      continue;
    }
    const placed: Placed = { job, demand, gpus: free.gpus.splice(0, demand.gpu) };
    started.push(placed);
    if (demand.alone) break;
    free.cpu -= demand.cpu;
    free.memory -= demand.memory;
    free.jobs += 1;
  }
  return started;
}

/** The jobs still waiting that a start of `started` went ahead of, with how many did. */
export function overtakenBy(
  waiting: readonly Waiting[],
  started: readonly Placed[],
): ReadonlyMap<string, number> {
  const starting = new Set(started.map(({ job }) => job));
  const counts = new Map<string, number>();
  let ahead = 0;
  for (let index = waiting.length - 1; index >= 0; index -= 1) {
    const entry = waiting[index];
    if (entry === undefined) continue;
    if (starting.has(entry.job)) ahead += 1;
    else if (ahead > 0) counts.set(entry.job, ahead);
  }
  return counts;
}
