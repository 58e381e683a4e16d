import type { ComputeLayer, JobId } from '../../compute/compute-layer.ts';
import type { Datastore } from '../../datastore/datastore.ts';
import { type Clock, pause } from '../clock.ts';
import type { Flight } from '../flights/flight.ts';
import { MemberLogs } from './member-logs.ts';
import type { TaskLine } from '../observer.ts';
import { Semaphore } from '../semaphore.ts';

/**
 * Logs that are read at once; others wait, and are read from their beginning later. Only jobs that have begun are read: one
 * that waits for its place could keep a reader from another that holds this place and waits to be read.
 */
const readAtOnce = 256;

/** What a {@link LogPump} needs. */
export interface LogPumpFacts {
  readonly clock: Clock;
  readonly datastore: Datastore;
  /** Where the output of an attempt is stored. */
  readonly keyOf: (task: string, attempt: number) => string;
  readonly line: (line: TaskLine) => void;
  /** Whether the run is still ours: output that comes late, after this engine was paused, is dropped. */
  readonly mayWrite: () => boolean;
  readonly warn: (message: string) => void;
  /** Ends the reading. */
  readonly signal: AbortSignal;
}

/** Brings the output of tasks from their layers to the datastore and to whoever watches. Losing some of it fails no task. */
export class LogPump {
  readonly #facts: LogPumpFacts;
  readonly #reading = new Semaphore(readAtOnce);
  readonly #under = new Set<Promise<void>>();
  #warned = false;

  constructor(facts: LogPumpFacts) {
    this.#facts = facts;
  }

  /** Starts to read a job's output. Layers give it from its beginning, so what an earlier engine has stored of it is replaced. */
  start(layer: ComputeLayer, job: JobId, flight: Flight): void {
    const reading = this.#reading.run(async () => this.#pump(layer.logs(job), flight));
    const watched = reading.catch((error: unknown) => {
      if (this.#warned || this.#facts.signal.aborted) return;
      this.#warned = true;
      this.#facts.warn(
        `output of '${flight.name}' is missing: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    const entry = watched.finally(() => this.#under.delete(entry));
    this.#under.add(entry);
  }

  /** Resolves when all output was read, or after `ms`. */
  async drained(ms: number): Promise<void> {
    if (this.#under.size === 0) return;
    const done = new AbortController();
    void Promise.all(this.#under).then(() => {
      done.abort();
    });
    await pause(this.#facts.clock, ms, done.signal);
  }

  async #pump(chunks: ReturnType<ComputeLayer['logs']>, flight: Flight): Promise<void> {
    const { signal } = this.#facts;
    const logs = new MemberLogs(this.#facts, flight);
    try {
      for await (const chunk of chunks) {
        if (signal.aborted) break;
        await logs.write(chunk);
      }
    } finally {
      await logs.close();
    }
  }
}
