/**
 * The places of this machine, one budget for all layers that run tasks here: who waits, who runs, who is next. What is decided is
 * decided by `placement.ts`.
 */
import { type Demand, type Machine, overtakenBy, place, type Placed } from './placement.ts';

/** Somebody who wants a place. */
export interface Candidate {
  /** The job, named uniquely among all layers of the run: by its token. */
  readonly job: string;
  readonly demand: Demand;
  /** It has its place now, with these devices. Whoever is told gives it back with {@link Places.leave}. */
  readonly start: (gpus: readonly string[]) => void;
}

interface Entry extends Candidate {
  overtaken: number;
}

export class Places {
  readonly machine: Machine;
  readonly #running = new Map<string, Placed>();
  readonly #settled = new Set<() => void>();
  #waiting: Entry[] = [];
  #settling = false;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** What runs now. */
  get running(): readonly Placed[] {
    return [...this.#running.values()];
  }

  /** Cores, as a number of tasks that ask for nothing. */
  get cores(): number {
    return Math.max(1, Math.floor(this.machine.cpu));
  }

  /** Calls `listener` whenever places were given, until the answer is called. */
  onSettled(listener: () => void): () => void {
    this.#settled.add(listener);
    return () => void this.#settled.delete(listener);
  }

  /** They wait for a place from now on; those that fit are started before this returns. */
  enter(candidates: readonly Candidate[]): void {
    for (const candidate of candidates) this.#waiting.push({ ...candidate, overtaken: 0 });
    this.#settle();
  }

  /** They no longer want a place, or give theirs back. Others may start before this returns. */
  leave(jobs: readonly string[]): void {
    const leaving = new Set(jobs);
    for (const job of jobs) this.#running.delete(job);
    if (this.#waiting.some(({ job }) => leaving.has(job)))
      this.#waiting = this.#waiting.filter(({ job }) => !leaving.has(job));
    this.#settle();
  }

  /** How many came before this job and still wait, and how often later ones went ahead of it. */
  standing(job: string): { readonly ahead: number; readonly overtaken: number } {
    const ahead = this.#waiting.findIndex((entry) => entry.job === job);
    return { ahead, overtaken: this.#waiting[ahead]?.overtaken ?? 0 };
  }

  /** Starts what fits now. A start that fails at once gives its place back and comes back here: hence the guard. */
  #settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    for (let started = this.#startFitting(); started > 0 && this.#waiting.length > 0;)
      started = this.#startFitting();
    this.#settling = false;
    for (const listener of this.#settled) listener();
  }

  #startFitting(): number {
    if (this.#waiting.length === 0) return 0;
    const waiting = this.#waiting;
    const started = place(this.machine, this.running, waiting);
    if (started.length === 0) return 0;
    const ahead = overtakenBy(waiting, started);
    const starting = new Map(started.map((placed) => [placed.job, placed]));
    this.#waiting = waiting.filter(({ job }) => !starting.has(job));
    for (const entry of this.#waiting) entry.overtaken += ahead.get(entry.job) ?? 0;
    for (const placed of started) this.#running.set(placed.job, placed);
    for (const { job, start } of waiting) {
      const placed = starting.get(job);
      // One that started before it may have ended it.
      if (placed !== undefined && this.#running.has(job)) start(placed.gpus);
    }
    return started.length;
  }
}
