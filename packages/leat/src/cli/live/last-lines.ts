import type { RunEvent } from '../../client/index.ts';
import type { TaskLine } from '../../scheduler/observer.ts';

/** Lines that are kept of a task, and tasks of which there are any: those that printed last. */
const most = { lines: 10, tasks: 1000 };

/** The last lines of tasks that have not succeeded, for the message of the first that fails. */
export class LastLines {
  readonly #lines = new Map<string, string[]>();

  /** A task has printed. */
  add({ task, text }: Pick<TaskLine, 'task' | 'text'>): void {
    const lines = this.#lines.get(task) ?? [];
    lines.push(text);
    if (lines.length > most.lines) lines.shift();
    // The last words of a task may come after the news of its success: nothing forgets these but the bound.
    this.#lines.delete(task);
    this.#lines.set(task, lines);
    const [oldest] = this.#lines.keys();
    if (this.#lines.size > most.tasks && oldest !== undefined) this.#lines.delete(oldest);
  }

  /** Forgets the tasks that have succeeded. */
  forget(events: readonly RunEvent[]): void {
    for (const event of events) {
      if (event.type === 'attempt-succeeded' || event.type === 'task-caught') this.#lines.delete(event.task);
    }
  }

  /** What a task printed last, the oldest line first. */
  of(task: string): readonly string[] {
    return this.#lines.get(task) ?? [];
  }
}
