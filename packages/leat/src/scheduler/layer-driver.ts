/**
 * One layer's side of a run: hands over attempts in batches, asks for all of them with one poll at a time, ends them, and
 * turns what comes of it into events. Decides nothing: what an event means is the scheduler's.
 */
import type { AttemptRequest, ComputeLayer, JobId, SubmitResult } from '../compute/compute-layer.ts';
import { LeatError } from '../errors/index.ts';
import type { StepPlan } from '../plan/plan.ts';
import type { JobEnd } from './attempt-end.ts';
import { withBackOff } from './back-off.ts';
import { backOffFor, type EngineContext } from './engine-context.ts';
import { emptyFifo, type Fifo, push, shift, size } from './fifo.ts';
import type { Flight } from './flight.ts';
import { JobWatch } from './job-watch.ts';
import { Settler } from './settler.ts';
import { taskSpecOf } from './task-spec-of.ts';

/** Attempts that one call hands over, at most. */
const batchSize = 1000;

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
  readonly #watch: JobWatch;
  readonly #queue: Fifo<Flight> = emptyFifo();
  /** Aborted when attempts that are not handed over yet shall not be. */
  readonly #recalled = new AbortController();
  /** Aborted when there is nothing more to hand over: recalled, or the loop has stopped. */
  readonly #handOver: AbortSignal;
  #submitting = false;
  #expected = 0;
  #forgetConfirmation = (): void => {};

  constructor(layer: ComputeLayer, context: EngineContext) {
    this.layer = layer;
    this.#context = context;
    this.#handOver = AbortSignal.any([context.signal, this.#recalled.signal]);
    this.#settler = new Settler(layer, context);
    this.#watch = new JobWatch(layer, context, {
      begun: (flight, job) => {
        context.logs.start(layer, job, flight);
      },
      ended: (flight, end) => {
        this.#settler.settle(flight, end);
      },
      end: (jobs) => {
        void this.#endJobs(jobs, graceSeconds);
      },
    });
    context.signal.addEventListener('abort', () => {
      this.#forgetConfirmation();
    });
  }

  /** Hands over attempts, soon. */
  submit(flights: readonly Flight[]): void {
    for (const flight of flights) push(this.#queue, flight);
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
    this.#settler.settle(flight, end);
  }

  /** Ends everything in flight. */
  cancel(force: boolean): void {
    this.#recalled.abort();
    for (let flight = shift(this.#queue); flight !== undefined; flight = shift(this.#queue))
      this.#recall(flight);
    const jobs = this.#watch.cancelAll();
    if (jobs.length > 0) void this.#endJobs(jobs, force ? 0 : graceSeconds);
    this.#forgetConfirmation();
    const confirmed = force ? confirmMs.forced : confirmMs.gentle + graceSeconds * 1000;
    this.#forgetConfirmation = this.#context.clock.after(confirmed, () => {
      this.#watch.giveUp(`the compute layer '${this.layer.name}' did not confirm that it ended the job`);
    });
  }

  /** About how many attempts will come soon. */
  expect(upcoming: number): void {
    if (upcoming === this.#expected) return;
    this.#expected = upcoming;
    this.layer.expect?.(upcoming);
  }

  async #submitAll(): Promise<void> {
    while (size(this.#queue) > 0 && !this.#context.signal.aborted) {
      const batch: Flight[] = [];
      for (let flight = shift(this.#queue); flight !== undefined; flight = shift(this.#queue)) {
        batch.push(flight);
        if (batch.length === batchSize) break;
      }
      await this.#submitBatch(batch);
    }
    this.#submitting = false;
  }

  async #submitBatch(batch: readonly Flight[]): Promise<void> {
    const { signal } = this.#context;
    const what = `handing tasks to '${this.layer.name}'`;
    const backOff = { ...backOffFor(this.#context, what, submitPatience), signal: this.#handOver };
    try {
      const requests = await withBackOff(backOff, async () => this.#requests(batch));
      if (this.#recalled.signal.aborted) throw recalled;
      const results = await withBackOff(backOff, async () => this.layer.submit(requests));
      this.#answered(batch, results);
    } catch (error) {
      if (signal.aborted) return;
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

  async #request({ token, name, pieces }: Flight): Promise<AttemptRequest> {
    const { plan, facts, locateItem } = this.#context;
    const step = plan.steps[pieces.spec.step] as StepPlan;
    const spec = await taskSpecOf(pieces, { ...facts, token }, locateItem);
    return {
      token,
      name,
      spec,
      resources: step.resources,
      environment: step.environment,
      options: step.layerOptions,
      ...(step.timeoutSeconds === undefined ? {} : { timeoutSeconds: step.timeoutSeconds }),
    };
  }

  #answered(batch: readonly Flight[], results: readonly SubmitResult[]): void {
    const byToken = new Map(results.map((result) => [result.token, result]));
    const late: JobId[] = [];
    for (const flight of batch) {
      const result = byToken.get(flight.token);
      if (result === undefined)
        this.#notHandedOver(flight, new Error('the layer did not say what became of it'));
      else if ('refused' in result) this.#settler.fail(flight, 'refused', result.refused);
      else {
        this.#accepted(flight, result.job);
        if (this.#recalled.signal.aborted) late.push(result.job);
      }
    }
    if (late.length === 0) return;
    this.#watch.cancelAll();
    void this.#endJobs(late, graceSeconds);
  }

  #accepted(flight: Flight, job: JobId): void {
    const { task, attempt } = flight;
    flight.job = job;
    this.#context.post({ type: 'attempt-accepted', at: this.#context.clock.now(), task, attempt, job });
    this.#watch.add(flight, job);
  }

  #recall(flight: Flight): void {
    this.#settler.fail(flight, 'cancelled', 'it was not handed to its layer before the run ended');
  }

  #notHandedOver(flight: Flight, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    // What cannot even be described cannot be described later; what a layer does not take now, it may take then.
    const described =
      !(error instanceof LeatError) || error.code === 'LAYER_FAILED' || error.code === 'STORE_UNAVAILABLE';
    this.#settler.fail(flight, described ? 'start-failed' : 'refused', message);
  }

  async #endJobs(jobs: readonly JobId[], grace: number): Promise<void> {
    const backOff = backOffFor(this.#context, `ending tasks on '${this.layer.name}'`, cancelPatience);
    try {
      await withBackOff(backOff, async () => this.layer.cancel(jobs, { graceSeconds: grace }));
    } catch (error) {
      this.#context.warn(
        `'${this.layer.name}' did not end ${jobs.length} of its jobs: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

const recalled = new LeatError('INTERNAL', 'recalled');
