/**
 * Calls to Batch as the layer makes them: within the account's budget, each with a time limit, repeated with jittered waits while the API is
 * busy or cannot be reached. A call that would be wrong to repeat blindly (`once`) is repeated only after refusals that had no effect.
 */
import { LeatError } from 'leat';
import { callLimitMs } from './api.ts';
import { type AwsFault, faultOf, messageOf } from './aws-errors.ts';
import { type CallBudget, realTiming, type Timing } from './call-budget.ts';

/** How a call is repeated. */
export interface CallOptions {
  /** For people: `submitting a job`. */
  readonly what: string;
  /** May be carried out twice only if that is known to be harmless. */
  readonly once?: true;
  readonly signal?: AbortSignal | undefined;
  /** After so long without success the engine is told, which asks again; in milliseconds. */
  readonly patienceMs?: number;
}

/** It is not known whether the call was carried out. */
export class UncertainCallError extends Error {
  override readonly name = 'UncertainCallError';
}

/** The waits between repeats: doubled from the first to the longest, and spread over their upper half. In milliseconds. */
const waits = { first: 250, longest: 20_000 };
const usualPatienceMs = 60_000;

/** See the file's header. */
export class AwsCalls {
  readonly #budget: CallBudget;
  readonly #timing: Timing;
  /** Aborted when the layer is closed. */
  readonly #closed: AbortSignal;
  /** Calls that were sent, by name: what a run costs the API. */
  readonly counts: Map<string, number> = new Map();

  constructor(budget: CallBudget, closed: AbortSignal, timing: Timing = realTiming) {
    this.#budget = budget;
    this.#closed = closed;
    this.#timing = timing;
  }

  /**
   * Makes a call.
   *
   * @throws UncertainCallError for a `once` that may have been carried out; LeatError LAYER_FAILED, with `busy` in its details, when the API was
   * busy for longer than `patienceMs`; the SDK's own error when the call is refused
   */
  async call<T>(options: CallOptions, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { what, once, patienceMs = usualPatienceMs } = options;
    const signal = AbortSignal.any([this.#closed, ...(options.signal === undefined ? [] : [options.signal])]);
    // What may not be repeated is not cut off either: whoever calls it off would not know whether it was done.
    const cutOff = once === true ? this.#closed : signal;
    const since = this.#timing.now();
    for (let failures = 0; ; failures += 1) {
      await this.#budget.take(signal);
      this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
      try {
        return await send(AbortSignal.any([cutOff, AbortSignal.timeout(callLimitMs)]));
      } catch (error) {
        cutOff.throwIfAborted();
        const fault = faultOf(error);
        if (fault === 'refused') throw error;
        if (fault === 'busy') this.#budget.slowDown();
        if (fault === 'unreachable' && once === true)
          throw new UncertainCallError(messageOf(error), { cause: error });
        signal.throwIfAborted();
        if (this.#timing.now() - since >= patienceMs) throw busyError(what, fault, error);
        const wait = Math.min(waits.longest, waits.first * 2 ** failures) * (0.5 + Math.random() / 2);
        await this.#timing.wait(wait, signal);
      }
    }
  }
}

const said: Readonly<Record<Exclude<AwsFault, 'refused'>, string>> = {
  busy: 'AWS refuses calls since there are too many',
  unreachable: 'AWS does not answer',
  login: 'the credentials for AWS are missing or have expired',
};

/** The engine asks again for as long as it takes: no task fails since an API was busy. */
function busyError(what: string, fault: AwsFault, cause: unknown): LeatError {
  const why = fault === 'refused' ? '' : `: ${said[fault]}`;
  return new LeatError('LAYER_FAILED', `${what}${why} (${messageOf(cause)})`, {
    ...(fault === 'login' ? { hint: 'Log in again; the run goes on then.' } : {}),
    cause,
    details: { layer: 'batch', busy: true },
  });
}
