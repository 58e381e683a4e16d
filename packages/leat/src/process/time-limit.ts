import { monotonicMs } from './monotonic.ts';
import type { Timers } from './timers.ts';

/** What a {@link TimeLimit} asks and tells. */
export interface TimeLimitEvents {
  readonly timers: Timers;
  /** Of a chunk: takes in what its process has printed, where the mark of the next member may stand. */
  readonly catchUp?: () => Promise<void>;
  readonly reached: () => void;
}

/** The time that a task may take, or each member of a chunk, on the clock that never jumps. It starts now. */
export class TimeLimit {
  readonly #limitMs: number;
  readonly #events: TimeLimitEvents;
  #since: number = monotonicMs();
  #over = false;

  constructor(limitMs: number, events: TimeLimitEvents) {
    this.#limitMs = limitMs;
    this.#events = events;
    events.timers.after(limitMs, () => void this.#look());
  }

  /** The next member begins. */
  restart(): void {
    this.#since = monotonicMs();
  }

  /** The task has ended. */
  stop(): void {
    this.#over = true;
  }

  async #look(): Promise<void> {
    if (this.#left() <= 0) await this.#events.catchUp?.();
    if (this.#over) return;
    const left = this.#left();
    if (left <= 0) this.#events.reached();
    else this.#events.timers.after(left, () => void this.#look());
  }

  #left(): number {
    return this.#since + this.#limitMs - monotonicMs();
  }
}
