/**
 * One layer's side of a run: queues attempts and hands them over in batches, and passes each on to who is there for what comes next:
 * `job-watch.ts` asks how its job goes, `settler.ts` and `chunk-settler.ts` find out what came of it, `job-ender.ts` ends it. Decides
 * nothing: what an event means is the scheduler's.
 */
import type { AttemptRequest, ComputeLayer, JobId } from '../../compute/compute-layer.ts';
import type { FailureReason } from '../../datastore/manifest.ts';
import { LeatError } from '../../errors/index.ts';
import type { JobEnd } from '../settle/attempt-end.ts';
import { withBackOff } from '../back-off.ts';
import { pause } from '../clock.ts';
import { backOffFor, type EngineContext } from '../engine-context.ts';
import { formatAttempt } from '../flights/attempt-name.ts';
import { requestsOf } from '../flights/attempt-requests.ts';
import { ChunkSettler } from '../settle/chunk-settler.ts';
import { emptyFifo, type Fifo, push, shift, size } from '../state/fifo.ts';
import type { Flight } from '../flights/flight.ts';
import { type Handed, handOver } from './hand-over.ts';
import { JobEnder } from './job-ender.ts';
import { JobWatch } from './job-watch.ts';
import { Settler } from '../settle/settler.ts';
import { WaitWatch } from './wait-watch.ts';

/** Attempts that one call hands over to a layer without arrays, at most. */
const usualBatch = 1000;

/** A layer with arrays gets as many as one of them takes; not more than this, since their requests are held together. */
const largestBatch = 10_000;

/** Attempts go into the same array until none has come for `quietMs`, but are not held back for longer than `mostMs`: what has failed in one poll is settled when its own result was read. */
const gather = { quietMs: 100, mostMs: 1000 };

/** For the items of a foreach, which are looked up before their tasks are handed over. */
const storePatience = { giveUpMs: 120_000 };

/** Drives one layer for one run. */
export class LayerDriver {
  readonly layer: ComputeLayer;
  readonly #context: EngineContext;
  readonly #settler: Settler;
  readonly #chunks: ChunkSettler;
  readonly #watch: JobWatch;
  readonly #ender: JobEnder;
  /** Of a layer whose reasons are worth telling unasked. */
  readonly #waits: WaitWatch | undefined;
  readonly #batchSize: number;
  readonly #queue: Fifo<Flight> = emptyFifo();
  /** Aborted when attempts that are not handed over yet shall not be. */
  readonly #recalled = new AbortController();
  /** Aborted when there is nothing more to hand over: recalled, or the loop has stopped. */
  readonly #handOver: AbortSignal;
  /** Attempts that are not handed over yet, by name. One that is cancelled meanwhile is ended as soon as it is handed over. */
  readonly #coming = new Map<string, Flight>();
  #submitting = false;
  #expected = 0;
  /** What the layer was told to expect, less what it got since. */
  #told = 0;
  /** Attempts that are being handed over. */
  #handing = 0;
  /** The end was asked for by force. */
  #forced = false;

  constructor(layer: ComputeLayer, context: EngineContext) {
    this.layer = layer;
    this.#context = context;
    this.#batchSize = Math.min(largestBatch, Math.max(usualBatch, layer.capabilities.arrays));
    this.#handOver = AbortSignal.any([context.signal, this.#recalled.signal]);
    this.#settler = new Settler(layer, context);
    this.#chunks = new ChunkSettler(layer, context);
    this.#watch = new JobWatch(layer, context, {
      begun: (flight, job) => {
        context.logs.start(layer, job, flight);
        if (flight.kind === 'chunk') this.#chunks.watch(flight);
      },
      progressed: (flight) => {
        this.#chunks.progressed(flight);
      },
      ended: (flight, end) => {
        this.#settle(flight, end);
      },
      end: (jobs) => {
        this.#ender.end(jobs);
      },
    });
    this.#waits = this.#watchWaits();
    this.#ender = new JobEnder(layer, context, (message) => {
      this.#watch.giveUp(message);
    });
  }

  #watchWaits(): WaitWatch | undefined {
    const { layer } = this;
    const { clock, signal, tellWait } = this.#context;
    if (layer.capabilities.explainsWaits !== true) return undefined;
    return new WaitWatch({ layer, clock, signal, tell: tellWait, waiting: (ms) => this.#watch.waiting(ms) });
  }

  /** Hands over attempts, soon. */
  submit(flights: readonly Flight[]): void {
    for (const flight of flights) {
      push(this.#queue, flight);
      this.#coming.set(flight.name, flight);
    }
    if (this.#submitting) return;
    this.#submitting = true;
    void this.#submitAll();
  }

  /** Takes up an attempt that an earlier engine has handed over. */
  adopt(flight: Flight, job: JobId): void {
    flight.adopted = true;
    this.#accepted(flight, job);
  }

  /** Settles an attempt that an earlier engine has handed over and that the layer does not know. */
  abandon(flight: Flight, end: JobEnd): void {
    this.#settle(flight, end);
  }

  /** Ends one attempt gently, if it is in flight. */
  cancelAttempt(task: string, attempt: number): void {
    const job = this.#watch.cancelOne(task, attempt);
    const coming = this.#coming.get(formatAttempt(this.#context.run, task, attempt));
    if (coming !== undefined) coming.cancelled = true;
    if (job !== undefined) this.#ender.end([job]);
  }

  /** Ends everything in flight. */
  cancel(force: boolean): void {
    this.#recalled.abort();
    for (let flight = shift(this.#queue); flight !== undefined; flight = shift(this.#queue))
      this.#recall(flight);
    this.#forced ||= force;
    this.#ender.endAll(this.#watch.cancelAll(), this.#forced);
  }

  /** About how many attempts will come soon, those that were submitted not counted. */
  expect(upcoming: number): void {
    this.#expected = upcoming;
    this.#tellExpected();
  }

  // With those on their way to it: a layer counts down what it gets.
  #tellExpected(): void {
    const coming = this.#expected + size(this.#queue) + this.#handing;
    if (coming === this.#told) return;
    this.#told = coming;
    this.layer.expect?.(coming);
  }

  async #submitAll(): Promise<void> {
    while (size(this.#queue) > 0 && !this.#context.signal.aborted) {
      if (this.layer.capabilities.arrays > 0) await this.#gather();
      if (this.#context.signal.aborted) break;
      const batch: Flight[] = [];
      for (let flight = shift(this.#queue); flight !== undefined; flight = shift(this.#queue)) {
        batch.push(flight);
        if (batch.length === this.#batchSize) break;
      }
      // Recalled meanwhile.
      if (batch.length === 0) break;
      this.#handing = batch.length;
      await this.#submitBatch(batch);
      this.#handing = 0;
    }
    this.#submitting = false;
    this.#tellExpected();
  }

  /** Each array costs calls of its own, and its jobs need seconds to start anyway. */
  async #gather(): Promise<void> {
    const { clock } = this.#context;
    const until = clock.steady() + gather.mostMs;
    for (let known = 0; known < size(this.#queue) && clock.steady() < until;) {
      known = size(this.#queue);
      if (known >= this.#batchSize) return;
      await pause(clock, gather.quietMs, this.#handOver);
    }
  }

  async #submitBatch(batch: readonly Flight[]): Promise<void> {
    const { signal } = this.#context;
    try {
      const handed = await this.#handOverBatch(batch);
      if (signal.aborted) return;
      this.#told = Math.max(0, this.#told - batch.length);
      this.#answered(batch, handed);
    } catch (error) {
      if (!signal.aborted) this.#context.fail(error);
    }
  }

  async #handOverBatch(batch: readonly Flight[]): Promise<readonly Handed[]> {
    const what = `describing tasks for '${this.layer.name}'`;
    const backOff = { ...backOffFor(this.#context, what, storePatience), signal: this.#handOver };
    let requests: readonly AttemptRequest[];
    try {
      requests = await withBackOff(backOff, async () => requestsOf(this.#context, batch));
    } catch (error) {
      return batch.map(({ token }) => ({ token, error }));
    }
    if (this.#handOver.aborted) return [];
    return handOver({ layer: this.layer, context: this.#context, recalled: this.#handOver }, requests);
  }

  #answered(batch: readonly Flight[], handed: readonly Handed[]): void {
    const byToken = new Map(handed.map((each) => [each.token, each]));
    const isRecalled = this.#recalled.signal.aborted;
    const late: JobId[] = [];
    for (const flight of batch) {
      const result = byToken.get(flight.token);
      if (result !== undefined && 'job' in result) {
        this.#accepted(flight, result.job);
        if (isRecalled) late.push(result.job);
      } else if (result !== undefined && 'refused' in result) this.#fail(flight, 'refused', result.refused);
      else if (isRecalled) this.#recall(flight);
      else this.#notHandedOver(flight, result?.error);
    }
    if (late.length === 0) return;
    this.#watch.cancelAll();
    this.#ender.endAll(late, this.#forced);
  }

  #accepted(flight: Flight, job: JobId): void {
    const at = this.#context.clock.now();
    flight.job = job;
    if (flight.kind === 'chunk') {
      flight.work.pieces = undefined;
      this.#context.post({ type: 'chunk-accepted', at, token: flight.token, job });
    } else {
      const { task, attempt } = flight;
      this.#context.post({ type: 'attempt-accepted', at, task, attempt, job });
    }
    this.#watch.add(flight, job);
    this.#waits?.start();
    this.#coming.delete(flight.name);
    if (flight.cancelled) this.#ender.end([job]);
  }

  #settle(flight: Flight, end: JobEnd): void {
    if (flight.kind === 'chunk') this.#chunks.settle(flight, end);
    else this.#settler.settle(flight, end);
  }

  /** It failed without a job. */
  #fail(flight: Flight, reason: FailureReason, message: string): void {
    this.#coming.delete(flight.name);
    if (flight.kind === 'chunk') this.#chunks.fail(flight, reason, message);
    else this.#settler.fail(flight, reason, message);
  }

  #recall(flight: Flight): void {
    this.#fail(flight, 'cancelled', 'it was not handed to its layer before the run ended');
  }

  #notHandedOver(flight: Flight, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    // What cannot even be described cannot be described later; what a layer does not take now, it may take then.
    const described =
      !(error instanceof LeatError) || error.code === 'LAYER_FAILED' || error.code === 'STORE_UNAVAILABLE';
    this.#fail(flight, described ? 'start-failed' : 'refused', message);
  }
}
