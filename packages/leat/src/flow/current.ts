import { LeatError } from '../errors/index.ts';

/** Facts of the task that is running. */
export interface Current {
  /** Name of the flow. */
  readonly flow: string;
  /** Id of the run. */
  readonly run: string;
  /** Name of the step. */
  readonly step: string;
  /** Address of the task: `TrainFlow/417/train[3]`. */
  readonly task: string;
  /** From 0. */
  readonly attempt: number;
  /** Tries that are left, this one included. */
  readonly triesLeft: number;
  /** Positions in the foreaches around the task, outermost first. */
  readonly path: readonly number[];
  /** The innermost of them; `undefined` outside any. */
  readonly index: number | undefined;
  /** How often a loop has come back to this step: 0 the first time. */
  readonly iteration: number;
  readonly tags: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
  /** `user:ada` */
  readonly namespace: string;
  readonly user: string;
  /** The run that this one resumes; `undefined` for a fresh one. */
  readonly originRun: string | undefined;
  /** What this task was given: cores, MB, devices, MB. */
  readonly resources: {
    readonly cpu: number;
    readonly memory: number;
    readonly gpu: number;
    readonly disk: number;
  };
}

const slot = Symbol.for('leat.current/1');

interface Slot {
  [slot]?: Current | undefined;
}

/** Whether a task is running in this process, so that {@link current} can be read. */
export const isInTask = (): boolean => (globalThis as Slot)[slot] !== undefined;

/** Sets what {@link current} tells, for every copy of this module; `undefined` when the task is over. For runners. */
export function setCurrent(running: Current | undefined): void {
  (globalThis as Slot)[slot] = running;
}

/**
 * Facts of the running task: flow, run, step, task, attempt, tags, parameters, …
 *
 * @example console.log(current.task, current.attempt);
 * @throws LeatError STEP_MISUSE outside a task
 */
export const current: Current = Object.freeze({
  get flow() {
    return facts('flow');
  },
  get run() {
    return facts('run');
  },
  get step() {
    return facts('step');
  },
  get task() {
    return facts('task');
  },
  get attempt() {
    return facts('attempt');
  },
  get triesLeft() {
    return facts('triesLeft');
  },
  get path() {
    return facts('path');
  },
  get index() {
    return facts('index');
  },
  get iteration() {
    return facts('iteration');
  },
  get tags() {
    return facts('tags');
  },
  get parameters() {
    return facts('parameters');
  },
  get namespace() {
    return facts('namespace');
  },
  get user() {
    return facts('user');
  },
  get originRun() {
    return facts('originRun');
  },
  get resources() {
    return facts('resources');
  },
});

function facts<K extends keyof Current>(name: K): Current[K] {
  const running = (globalThis as Slot)[slot];
  if (running !== undefined) return running[name];
  throw new LeatError('STEP_MISUSE', `'current.${name}' was read outside a task`, {
    hint: 'Read it within a step, not where the module is loaded or a field of the flow is made.',
  });
}
