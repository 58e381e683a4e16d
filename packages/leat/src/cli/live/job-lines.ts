/**
 * What becomes of jobs on a platform that has a name of its own for each: a line for each state, as the platform calls it. Of a wide step
 * only the first tasks are told of; the counts of the picture have the others. Pure.
 */
import type { RunEvent } from '../../client/index.ts';

/** Tasks of a step whose states are told. */
const toldOfStep = 5;

/** Tasks whose jobs are remembered: those that are told of and have not ended. */
const mostKnown = 1000;

/** See the file's header. */
export class JobLines {
  readonly #tokens = new Map<string, string>();
  readonly #jobs = new Map<string, string>();
  readonly #told = new Map<string, number>();

  /** `train[3] RUNNABLE`, where there is something to say. */
  of(event: RunEvent): string | undefined {
    switch (event.type) {
      case 'attempt-submitted':
        this.#remember(this.#tokens, event.task, event.token);
        return undefined;
      case 'attempt-accepted':
        return this.#accepted(event);
      case 'attempt-state':
        if (!this.#jobs.has(event.task)) return undefined;
        return `${nameOf(event)} ${event.note ?? event.state.toUpperCase()}`;
      case 'attempt-succeeded':
      case 'attempt-failed':
        this.#jobs.delete(event.task);
        return undefined;
      default:
        return undefined;
    }
  }

  #accepted(event: Extract<RunEvent, { type: 'attempt-accepted' }>): string | undefined {
    const { task, job } = event;
    const token = this.#tokens.get(task);
    this.#tokens.delete(task);
    // A layer whose jobs are called as their attempts are has nothing to look at elsewhere.
    if (token === undefined || token === job) return undefined;
    const [step = task] = task.split(/[[~]/);
    const told = this.#told.get(step) ?? 0;
    if (told >= toldOfStep) return undefined;
    this.#told.set(step, told + 1);
    this.#remember(this.#jobs, task, job);
    const more = told + 1 === toldOfStep ? '; of further ones only how they end' : '';
    return `${nameOf(event)} SUBMITTED as job ${job}${more}`;
  }

  #remember(map: Map<string, string>, task: string, value: string): void {
    map.set(task, value);
    const [oldest] = map.keys();
    if (map.size > mostKnown && oldest !== undefined) map.delete(oldest);
  }
}

const nameOf = ({ task, attempt }: { readonly task: string; readonly attempt: number }): string =>
  attempt > 0 ? `${task}@${attempt}` : task;
