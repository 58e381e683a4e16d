import type { TaskSpec } from '../plan/task-spec.ts';
import { parseWork, type Work, workOf, workVariable } from '../plan/likely-work.ts';

/** What most first steps are, for a process that is told nothing. */
const likeliest: Work = { kind: 'nothing-linear', step: 'start' };

/** What this process will probably do. */
export const likelyWork = (): Work => parseWork(process.env[workVariable]) ?? likeliest;

/** Where the program of a task tells it to its launcher, which shares nothing else with it. */
const key = Symbol.for('leat.work-kind/2');

type Told = typeof globalThis & { [key]?: Work };

/** Tells what task this process runs. */
export function tellWork(spec: Pick<TaskSpec, 'takes' | 'next' | 'step'>): void {
  (globalThis as Told)[key] = workOf(spec);
}

/** What was told last; `undefined` when there was no task. */
export const toldWork = (): Work | undefined => (globalThis as Told)[key];
