import type { TaskSpec } from '../plan/task-spec.ts';

/** What a process has done, as far as it matters for what it has compiled. */
export interface Work {
  /** Tasks of one kind run much the same functions of Leat. */
  readonly kind: string;
  /** Tasks of one step run the same functions of the flow. */
  readonly step: string;
}

/** Where the program of a task tells it to its launcher, which shares nothing else with it. */
const key = Symbol.for('leat.work-kind/2');

type Told = typeof globalThis & { [key]?: Work };

/** Tells what task this process runs. */
export function tellWork({ takes, next, step }: Pick<TaskSpec, 'takes' | 'next' | 'step'>): void {
  (globalThis as Told)[key] = { kind: `${takes}-${next.kind}`, step };
}

/** What was told last; `undefined` when there was no task. */
export const toldWork = (): Work | undefined => (globalThis as Told)[key];
