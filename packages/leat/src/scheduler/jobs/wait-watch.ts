/**
 * Asks a layer why its jobs wait, when they have waited for long, and tells whoever watches the run: nobody should have to guess why
 * nothing happens. Seldom and little: one job a step, a few steps a look, each step ever more seldom, and each cause is told once.
 */
import type { ComputeLayer, Diagnosis, JobId } from '../../compute/compute-layer.ts';
import type { Clock } from '../clock.ts';
import type { Flight } from '../flights/flight.ts';

/** A job that has waited for long. */
export interface WaitingJob {
  readonly job: JobId;
  readonly flight: Flight;
  /** By the steady clock. */
  readonly since: number;
  /** Jobs of the same step that wait as well. */
  readonly others: number;
}

/** What is told of it. */
export interface LongWait {
  /** Address within the run: `train[3]`; of a chunk the address of the job. */
  readonly task: string;
  readonly step: string;
  readonly layer: string;
  readonly job: JobId;
  readonly waitedMs: number;
  readonly others: number;
  readonly diagnosis: Diagnosis;
}

/** What a {@link WaitWatch} needs. */
export interface WaitWatchFacts {
  readonly layer: Pick<ComputeLayer, 'name' | 'diagnose'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The job of each step that has waited longest, if that is longer than this. */
  readonly waiting: (longerThanMs: number) => readonly WaitingJob[];
  readonly tell: (wait: LongWait) => void;
}

/** How long a job waits before anybody asks, how often somebody looks, and the longest pause between two questions about a step. In milliseconds. */
const patienceMs = { first: 120_000, look: 30_000, longest: 1_800_000 };

/** Steps that are asked about at one look. */
const stepsALook = 3;

/** Watches the jobs of one layer of a run. */
export class WaitWatch {
  readonly #facts: WaitWatchFacts;
  /** By step: the cause that was told last. */
  readonly #told = new Map<string, string>();
  /** By step: when to ask again, by the steady clock, and how long that pause is. */
  readonly #due = new Map<string, { readonly at: number; readonly pauseMs: number }>();
  #forget: (() => void) | undefined;

  constructor(facts: WaitWatchFacts) {
    this.#facts = facts;
    facts.signal.addEventListener('abort', () => this.#forget?.());
  }

  /** There are jobs: look at them from time to time. May be called again at any time. */
  start(): void {
    if (this.#forget !== undefined || this.#facts.signal.aborted) return;
    this.#forget = this.#facts.clock.after(patienceMs.look, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { waiting, signal } = this.#facts;
    const due = waiting(patienceMs.first).filter(({ flight }) => this.#isDue(flight.step));
    for (const job of due.slice(0, stepsALook)) {
      this.#askLater(job.flight.step);
      await this.#ask(job);
      if (signal.aborted) return;
    }
    this.#forget = undefined;
    if (waiting(0).length > 0) this.start();
  }

  #isDue(step: string): boolean {
    return (this.#due.get(step)?.at ?? 0) <= this.#facts.clock.steady();
  }

  #askLater(step: string): void {
    const pauseMs = Math.min(patienceMs.longest, 2 * (this.#due.get(step)?.pauseMs ?? patienceMs.first));
    this.#due.set(step, { at: this.#facts.clock.steady() + pauseMs, pauseMs });
  }

  async #ask({ job, flight, since, others }: WaitingJob): Promise<void> {
    const { layer, clock, tell, signal } = this.#facts;
    try {
      const diagnosis = await layer.diagnose(job);
      const { kind, cause } = diagnosis;
      // It may have begun meanwhile; and what is not known is no news.
      if (signal.aborted || kind === 'running' || kind === 'ended' || kind === 'unknown') return;
      if (this.#told.get(flight.step) === cause) return;
      this.#told.set(flight.step, cause);
      const task = flight.kind === 'attempt' ? flight.task : flight.name;
      const waitedMs = clock.steady() - since;
      tell({ task, step: flight.step, layer: layer.name, job, waitedMs, others, diagnosis });
    } catch {
      // Whoever cannot say why it waits, cannot: the run goes on, and the next look may bring more.
    }
  }
}
