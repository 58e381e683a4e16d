/** A message → how the process of its task is started. Pure. */
import type { TaskMessage } from '../plan/task-message.ts';
import { linkVariables } from './agent-environment.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Threads that Node gives V8 for work in the background unless told. */
const defaultPoolSize = 4;
/** Of the memory of a job for the heap of V8; the rest is for buffers, the agent and the stack. The kernel ends the job at the whole. */
const heapPart = 0.9;

/**
 * Flags of Node. A job has its memory for itself, and V8 would use half of it at most: it is told to use nearly all, so that a task
 * which needs more ends with a message of its own before the kernel ends it without one.
 */
export function nodeFlags({ resources, environment }: TaskMessage): readonly string[] {
  const { cpu, memory } = resources;
  const threads = Math.max(1, Math.floor(cpu));
  const told = environment['NODE_OPTIONS']?.includes('--max-old-space-size') === true;
  return [
    ...(threads < defaultPoolSize ? [`--v8-pool-size=${threads}`] : []),
    ...(told || !(memory > 0) ? [] : [`--max-old-space-size=${Math.max(16, Math.floor(memory * heapPart))}`]),
  ];
}

/** Where the bootstrap has put a library that Node needs and the image lacks; there is nothing else, so it disturbs no other program. */
const libraries = 'LEAT_LIBRARIES';
const searched = 'LD_LIBRARY_PATH';

/** The environment of the process: that of the container without what is only the agent's, and what the step adds. */
export function taskEnvironment(own: Environment, { environment }: TaskMessage): Environment {
  const secret = new Set(linkVariables);
  const kept = Object.entries(own).filter(([name]) => !secret.has(name));
  const all: Environment = { ...Object.fromEntries(kept), ...environment };
  const asked = environment[searched];
  // The step's own folders do not take away what Node needs to start.
  if (own[libraries] === undefined || asked === undefined) return all;
  return { ...all, [searched]: `${own[libraries]}:${asked}` };
}
