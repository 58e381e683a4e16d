/**
 * How many calls a second may go to the API of one account and region. All layers of this process share one budget each, since Batch
 * counts what an account sends. Below the 50 a second that Batch allows, and less for a while when it refuses calls: others use the account, too.
 */

/** A clock and a way to wait, so that tests need no time. */
export interface Timing {
  /** Steady time in milliseconds. */
  now(): number;
  /** Resolves after so long, and at once when the signal is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The time of this machine. */
export const realTiming: Timing = {
  now: () => performance.now(),
  wait: async (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};

/** Calls a second: what is begun with, and what is never gone below. */
const rates = { usual: 40, least: 1 };

/** Calls that may be sent at once after a quiet while; few, so that no second has 50. */
const burst = 8;

/** After a refusal the rate is halved; each second without one gives so many back. */
const recovery = 2;

/** A token bucket whose rate falls when it is told to slow down, and comes back by itself. */
export class CallBudget {
  readonly #timing: Timing;
  readonly #usual: number;
  #rate: number;
  #tokens = burst;
  #filledAt: number;
  #slowedAt = Number.NEGATIVE_INFINITY;
  /** Callers take their turns in order. */
  #turn: Promise<void> = Promise.resolve();

  /** @param usual calls a second */
  constructor(timing: Timing = realTiming, usual: number = rates.usual) {
    this.#timing = timing;
    this.#usual = usual;
    this.#rate = usual;
    this.#filledAt = timing.now();
  }

  /** Calls a second, now. */
  get rate(): number {
    this.#fill();
    return this.#rate;
  }

  /** Resolves when the next call may be sent; rejects with the signal's reason when it is aborted before. */
  async take(signal?: AbortSignal): Promise<void> {
    const before = this.#turn;
    let passOn = (): void => {};
    this.#turn = new Promise((resolve) => {
      passOn = resolve;
    });
    try {
      await before;
      for (;;) {
        signal?.throwIfAborted();
        this.#fill();
        if (this.#tokens >= 1) break;
        await this.#timing.wait(Math.ceil(((1 - this.#tokens) / this.#rate) * 1000), signal);
      }
      this.#tokens -= 1;
    } finally {
      passOn();
    }
  }

  /** The platform has refused a call because there were too many. Refusals of calls that were sent together count once. */
  slowDown(): void {
    const now = this.#timing.now();
    this.#fill();
    if (now - this.#slowedAt < 1000) return;
    this.#slowedAt = now;
    this.#rate = Math.max(rates.least, this.#rate / 2);
    this.#tokens = Math.min(this.#tokens, 0);
  }

  #fill(): void {
    const now = this.#timing.now();
    const seconds = Math.max(0, now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#rate = Math.min(this.#usual, this.#rate + recovery * seconds);
    this.#tokens = Math.min(burst, this.#tokens + this.#rate * seconds);
  }
}

const budgets = new Map<string, CallBudget>();

/** The budget of an account in a region; `place` is whatever names them, and the service, for this process. `usual`: calls a second. */
export function budgetOf(place: string, usual: number = rates.usual): CallBudget {
  const known = budgets.get(place);
  if (known !== undefined) return known;
  const budget = new CallBudget(realTiming, usual);
  budgets.set(place, budget);
  return budget;
}
