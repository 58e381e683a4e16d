import type { ComputeLayer, Diagnosis } from '../../compute/compute-layer.ts';
import type { AttemptManifest, FailureReason } from '../../datastore/manifest.ts';
import { isLeatError } from '../../errors/index.ts';
import { endOfAttempt, type JobEnd } from './attempt-end.ts';
import { withBackOff } from '../back-off.ts';
import { backOffFor, type EngineContext } from '../engine-context.ts';
import type { AttemptFlight } from '../flights/flight.ts';
import { readAttempt } from './read-attempt.ts';
import { Semaphore } from '../semaphore.ts';

/** Manifests that are read at once. */
const readAtOnce = 32;

const readPatience = { giveUpMs: 120_000 };

/** Finds out what became of attempts whose jobs are over, and says so with one event each. */
export class Settler {
  readonly #layer: ComputeLayer;
  readonly #context: EngineContext;
  readonly #reading = new Semaphore(readAtOnce);

  constructor(layer: ComputeLayer, context: EngineContext) {
    this.#layer = layer;
    this.#context = context;
  }

  /** The job is over: its manifest decides, then its layer's reason. */
  settle(flight: AttemptFlight, end: JobEnd): void {
    void this.#reading.run(async () => {
      try {
        // Clocks differ, and jump: nothing ends later than now, or before it began.
        const endedAt = Math.max(end.startedAt ?? 0, Math.min(end.endedAt, this.#context.clock.now()));
        await this.#settleNow(flight, { ...end, endedAt });
      } catch (error) {
        this.#context.fail(error);
      }
    });
  }

  /** The attempt failed without a job. */
  fail({ task, attempt }: AttemptFlight, reason: FailureReason, message: string): void {
    const failure = { reason, type: reason, message };
    this.#context.post({ type: 'attempt-failed', at: this.#context.clock.now(), task, attempt, failure });
  }

  async #settleNow(flight: AttemptFlight, end: JobEnd): Promise<void> {
    const { task, attempt, pieces, cancelled } = flight;
    const manifest = await this.#read(flight);
    if (manifest === 'corrupt') return;
    const ending = {
      task,
      attempt,
      manifest: pieces.spec.manifest,
      cancelled,
      overdue: flight.overdueSince !== undefined,
    };
    const diagnosis = manifest === undefined && !cancelled ? await this.#diagnose(flight, end) : undefined;
    this.#context.post(endOfAttempt(ending, end, manifest, diagnosis));
  }

  async #read(flight: AttemptFlight): Promise<AttemptManifest | undefined | 'corrupt'> {
    const { datastore } = this.#context;
    const backOff = backOffFor(this.#context, `reading the result of '${flight.task}'`, readPatience);
    try {
      return await withBackOff(backOff, async () =>
        readAttempt(datastore, flight.pieces.spec.manifest, flight),
      );
    } catch (error) {
      if (!isLeatError(error) || error.code !== 'STORE_CORRUPT') throw error;
      // This attempt's result is gone for good; another attempt may leave a better one.
      this.fail(flight, 'lost', error.message);
      return 'corrupt';
    }
  }

  async #diagnose({ job }: AttemptFlight, end: JobEnd): Promise<Diagnosis | undefined> {
    if (job === undefined || end.state === 'succeeded' || end.reason === 'cancelled') return undefined;
    try {
      return await this.#layer.diagnose(job);
    } catch {
      return undefined; // A layer that cannot say why has said what already.
    }
  }
}
