/**
 * One layer's side of a run: hands over attempts in batches, asks for all of them with one poll at a time, ends them, and
 * turns what comes of it into events. Decides nothing: what an event means is the scheduler's.
 */
import type { AttemptRequest, ComputeLayer, JobId, SubmitResult } from '../compute/compute-layer.ts';
import type { FailureReason } from '../datastore/manifest.ts';
import { isLeatError, LeatError } from '../errors/index.ts';
import type { StepPlan } from '../plan/plan.ts';
import type { JobEnd } from './attempt-end.ts';
import { withBackOff } from './back-off.ts';
import { backOffFor, type EngineContext } from './engine-context.ts';
import { formatAttempt } from './attempt-name.ts';
import { ChunkSettler } from './chunk-settler.ts';
import { chunkSpecOf } from './chunk-spec-of.ts';
import { emptyFifo, type Fifo, push, shift, size } from './fifo.ts';
import type { AttemptFlight, ChunkFlight, Flight } from './flight.ts';
import { JobWatch } from './job-watch.ts';
import { Settler } from './settler.ts';
import { taskSpecOf } from './task-spec-of.ts';
import { WaitWatch } from './wait-watch.ts';

/** Attempts that one call hands over to a layer without arrays, at most. */
const usualBatch = 1000;

/** A layer with arrays gets as many as one of them takes; not more than this, since their requests are held together. */
const largestBatch = 10_000;

/** Between the gentle and the forced end of a task, in seconds. */
const graceSeconds = 10;

/** How long a layer may take to confirm that ended jobs have ended, beyond the grace, before the engine stops asking. */
const confirmMs = { gentle: 30_000, forced: 5_000 };

const submitPatience = { giveUpMs: 120_000 };
const cancelPatience = { giveUpMs: 30_000 };

/** Drives one layer for one run. */
export class LayerDriver {
  readonly layer: ComputeLayer;
  readonly #context: EngineContext;
  readonly #settler: Settler;
  readonly #chunks: ChunkSettler;
  readonly #watch: JobWatch;
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
  #forgetConfirmation = (): void => {};

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
        void this.#endJobs(jobs, graceSeconds);
      },
    });
    this.#waits = this.#watchWaits();
    context.signal.addEventListener('abort', () => {
      this.#forgetConfirmation();
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
    if (job !== undefined) void this.#endJobs([job], graceSeconds);
  }

  /** Ends everything in flight. */
  cancel(force: boolean): void {
    this.#recalled.abort();
    for (let flight = shift(this.#queue); flight !== undefined; flight = shift(this.#queue))
      this.#recall(flight);
    this.#forced ||= force;
    this.#endAll(this.#watch.cancelAll());
  }

  /** Ends jobs of a run that is to end, and waits for that only so long. */
  #endAll(jobs: readonly JobId[]): void {
    const force = this.#forced;
    if (jobs.length > 0) void this.#endJobs(jobs, force ? 0 : graceSeconds);
    this.#forgetConfirmation();
    const confirmed = force ? confirmMs.forced : confirmMs.gentle + graceSeconds * 1000;
    this.#forgetConfirmation = this.#context.clock.after(confirmed, () => {
      this.#watch.giveUp(`the compute layer '${this.layer.name}' did not confirm that it ended the job`);
    });
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
      const batch: Flight[] = [];
      for (let flight = shift(this.#queue); flight !== undefined; flight = shift(this.#queue)) {
        batch.push(flight);
        if (batch.length === this.#batchSize) break;
      }
      this.#handing = batch.length;
      await this.#submitBatch(batch);
      this.#handing = 0;
    }
    this.#submitting = false;
    this.#tellExpected();
  }

  async #submitBatch(batch: readonly Flight[]): Promise<void> {
    const { signal } = this.#context;
    const what = `handing tasks to '${this.layer.name}'`;
    const backOff = { ...backOffFor(this.#context, what, submitPatience), signal: this.#handOver };
    try {
      const requests = await withBackOff(backOff, async () => this.#requests(batch));
      if (this.#recalled.signal.aborted) throw recalled;
      const results = await withBackOff(backOff, async () => {
        this.#context.requireLease();
        return this.layer.submit(requests);
      });
      this.#told = Math.max(0, this.#told - batch.length);
      this.#answered(batch, results);
    } catch (error) {
      if (signal.aborted) return;
      if (isLeatError(error) && error.code === 'LEASE_LOST') {
        this.#context.fail(error);
        return;
      }
      for (const flight of batch) {
        if (this.#recalled.signal.aborted) this.#recall(flight);
        else this.#notHandedOver(flight, error);
      }
    }
  }

  async #requests(batch: readonly Flight[]): Promise<readonly AttemptRequest[]> {
    const requests: AttemptRequest[] = [];
    for (const flight of batch) requests.push(await this.#request(flight));
    return requests;
  }

  async #request(flight: Flight): Promise<AttemptRequest> {
    const { token, name } = flight;
    const { plan } = this.#context;
    const step = plan.steps[flight.step] as StepPlan;
    const work = flight.kind === 'attempt' ? await this.#attempt(flight) : await this.#chunk(flight);
    return {
      token,
      name,
      ...work,
      resources: step.resources,
      environment: step.environment,
      options: step.layerOptions,
      ...(step.timeoutSeconds === undefined ? {} : { timeoutSeconds: step.timeoutSeconds }),
    };
  }

  async #attempt({ token, pieces }: AttemptFlight): Promise<Pick<AttemptRequest, 'spec'>> {
    const { facts, specs } = this.#context;
    return { spec: await taskSpecOf(pieces, { ...facts, token }, specs) };
  }

  async #chunk({ token, work }: ChunkFlight): Promise<Pick<AttemptRequest, 'spec' | 'chunk'>> {
    const { facts, specs } = this.#context;
    return chunkSpecOf(work.pieces ?? [], { run: facts, token, store: specs });
  }

  #answered(batch: readonly Flight[], results: readonly SubmitResult[]): void {
    const byToken = new Map(results.map((result) => [result.token, result]));
    const late: JobId[] = [];
    for (const flight of batch) {
      const result = byToken.get(flight.token);
      if (result === undefined)
        this.#notHandedOver(flight, new Error('the layer did not say what became of it'));
      else if ('refused' in result) this.#fail(flight, 'refused', result.refused);
      else {
        this.#accepted(flight, result.job);
        if (this.#recalled.signal.aborted) late.push(result.job);
      }
    }
    if (late.length === 0) return;
    this.#watch.cancelAll();
    this.#endAll(late);
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
    if (flight.cancelled) void this.#endJobs([job], graceSeconds);
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

  async #endJobs(jobs: readonly JobId[], grace: number): Promise<void> {
    const backOff = backOffFor(this.#context, `ending tasks on '${this.layer.name}'`, cancelPatience);
    try {
      await withBackOff(backOff, async () => {
        this.#context.requireLease();
        await this.layer.cancel(jobs, { graceSeconds: grace });
      });
    } catch (error) {
      this.#context.warn(
        `'${this.layer.name}' did not end ${jobs.length} of its jobs: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

const recalled = new LeatError('INTERNAL', 'recalled');
