/**
 * Hands attempts over to a layer so that each gets there once. A call that failed, or that was not answered in time, may have had
 * its effect, in whole or in part: before anything is sent again, or given up, the layer is asked what it has.
 */
import type { AttemptRequest, ComputeLayer, RunName, SubmitResult } from '../../compute/compute-layer.ts';
import { isLeatError } from '../../errors/index.ts';
import { withBackOff } from '../back-off.ts';
import { backOffFor, type Calls, type EngineContext } from '../engine-context.ts';

const submitPatience = { giveUpMs: 120_000 };

/** As long as for the jobs that a layer has: what it was sent must not be forgotten sooner than they. */
const askPatience = { giveUpMs: 600_000 };

/** The same when the run is to end, and nothing more is to start. */
const lastAskPatience = { giveUpMs: 30_000 };

/** What became of one attempt; `error`: the layer does not have it, as far as could be found out. */
export type Handed = SubmitResult | { readonly token: string; readonly error: unknown };

/** What a {@link handOver} is to heed. */
export interface HandOver {
  readonly layer: ComputeLayer;
  readonly context: Calls & Pick<EngineContext, 'requireLease'>;
  /** Aborted when nothing more is to be handed over. */
  readonly recalled: AbortSignal;
}

/**
 * Says of each request what became of it, in no order.
 *
 * @throws LeatError LEASE_LOST when this engine may change nothing any more; the layer's error when it cannot be found out what it was given
 */
export async function handOver(
  { layer, context, recalled }: HandOver,
  requests: readonly AttemptRequest[],
): Promise<readonly Handed[]> {
  const { flow, id } = context.run;
  const parcel = new Parcel(requests, { flow, run: id });
  const backOff = backOffFor(context, `handing tasks to '${layer.name}'`, submitPatience);
  try {
    await withBackOff({ ...backOff, signal: recalled }, async () => {
      await parcel.look(layer);
      context.requireLease();
      await parcel.send(layer, recalled);
    });
    return parcel.handed;
  } catch (error) {
    if (isLeatError(error) && error.code === 'LEASE_LOST') throw error;
    await lookLast({ layer, context, recalled }, parcel);
    return parcel.close(error);
  }
}

/** Nothing that may have been sent is given up without a look. */
async function lookLast({ layer, context, recalled }: HandOver, parcel: Parcel): Promise<void> {
  const patience = recalled.aborted ? lastAskPatience : askPatience;
  try {
    await withBackOff(backOffFor(context, `asking '${layer.name}' what it was given`, patience), async () => {
      await parcel.look(layer);
    });
  } catch (error) {
    // A run that somebody ends does not wait for a layer that cannot be reached; nor does it with the jobs that it knows.
    if (!recalled.aborted) throw error;
    const why = error instanceof Error ? error.message : String(error);
    context.warn(`'${layer.name}' may have started ${parcel.size} tasks that were called off: ${why}`);
  }
}

/** Requests on their way to a layer, and what is known of them. */
class Parcel {
  readonly handed: Handed[] = [];
  readonly #run: RunName;
  #open: readonly AttemptRequest[];
  /** They were sent, and what became of them was not said. */
  #isUnsure = false;

  constructor(requests: readonly AttemptRequest[], run: RunName) {
    this.#open = requests;
    this.#run = run;
  }

  /** Those of which nothing is known. */
  get size(): number {
    return this.#open.length;
  }

  /** Takes what the layer has; asks only where an answer was lost. */
  async look(layer: ComputeLayer): Promise<void> {
    if (!this.#isUnsure) return;
    const tokens = this.#open.map(({ token }) => token);
    const found = await layer.find(tokens, this.#run);
    for (const [token, job] of found) this.handed.push({ token, job });
    this.#open = this.#open.filter(({ token }) => !found.has(token));
    this.#isUnsure = false;
  }

  /** Sends what the layer does not have. */
  async send(layer: ComputeLayer, recalled: AbortSignal): Promise<void> {
    if (this.size === 0) return;
    this.#isUnsure = true;
    this.handed.push(...(await layer.submit(this.#open, recalled)));
    this.#isUnsure = false;
    this.#open = [];
  }

  /** What could not be sent is told with why. */
  close(error: unknown): readonly Handed[] {
    return [...this.handed, ...this.#open.map(({ token }) => ({ token, error }))];
  }
}
