import type { TaskSpec } from '../plan/task-spec.ts';

/** Where the program of a task tells its launcher what kind of work it did. */
const key = Symbol.for('leat.work-kind/1');

type Told = typeof globalThis & { [key]?: string };

/** Tells the launcher: tasks of one kind run much the same functions. */
export function tellWorkKind({ takes, next }: Pick<TaskSpec, 'takes' | 'next'>): void {
  (globalThis as Told)[key] = `${takes}-${next.kind}`;
}

/** What the program has told; `undefined` when it had no task. */
export const toldWorkKind = (): string | undefined => (globalThis as Told)[key];
