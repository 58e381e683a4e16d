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

/**
 * Ends of output that layers get from elsewhere at once. They have places of their own: when a thousand jobs are killed together, these take minutes, and
 * what other tasks print meanwhile is shown.
 */
const completedAtOnce = 32;

/** What was read is stored so soon, or not any more. In milliseconds. */
const closeMs = 5000;

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

/** Brings the output of tasks from their layers to the datastore and to whoever watches. Losing some of it fails no task, and is told. */
export class LogPump {
  readonly #facts: LogPumpFacts;
  readonly #reading = new Semaphore(readAtOnce);
  readonly #completing = new Semaphore(completedAtOnce);
  readonly #under = new Map<Promise<void>, Output>();
  #warned = false;
  /** Nobody waits for what is still to be read. */
  #isOver = false;

  constructor(facts: LogPumpFacts) {
    this.#facts = facts;
  }

  /** Starts to read a job's output. Layers give it from its beginning, so what an earlier engine has stored of it is replaced. */
  start(layer: ComputeLayer, job: JobId, flight: Flight): void {
    const logs = new MemberLogs(this.#facts, flight);
    const watched = this.#pump(layer, job, logs).catch((error: unknown) => {
      if (this.#warned || this.#stops) return;
      this.#warned = true;
      this.#facts.warn(
        `output of '${flight.name}' is missing: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    const entry = watched.finally(() => this.#under.delete(entry));
    this.#under.set(entry, { name: flight.name, logs });
  }

  /** Resolves when all output was read, or after `ms`: then it is told how much was not, and what was read of it is stored. */
  async drained(ms: number): Promise<void> {
    if (this.#under.size === 0) return;
    await this.#within(ms, Promise.all(this.#under.keys()));
    const open = [...this.#under.values()];
    const [first] = open;
    if (first === undefined) return;
    this.#isOver = true;
    const others = open.length === 1 ? '' : ` and of ${open.length - 1} more`;
    this.#facts.warn(
      `output of '${first.name}'${others} is incomplete: it was not read within ${ms / 1000} s of the end`,
    );
    await this.#within(closeMs, Promise.allSettled(open.map(async ({ logs }) => logs.close())));
  }

  async #within(ms: number, all: Promise<unknown>): Promise<void> {
    const done = new AbortController();
    void all.then(() => {
      done.abort();
    });
    await pause(this.#facts.clock, ms, done.signal);
  }

  get #stops(): boolean {
    return this.#isOver || this.#facts.signal.aborted;
  }

  async #pump(layer: ComputeLayer, job: JobId, logs: MemberLogs): Promise<void> {
    let leave = await this.#reading.enter();
    try {
      for await (const chunk of layer.logs(job)) {
        if (chunk.pace !== undefined) {
          leave();
          // A job that was started again had its place before those that wait for their first.
          leave = await (chunk.pace === 'late'
            ? this.#completing.enter()
            : this.#reading.enter({ returns: true }));
        }
        if (this.#stops) break;
        if (chunk.bytes.length > 0) await logs.write(chunk);
      }
    } finally {
      leave();
      await logs.close();
    }
  }
}

/** The output of a job that is being read, or waits for it. */
interface Output {
  readonly name: string;
  readonly logs: MemberLogs;
}
