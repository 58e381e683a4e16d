/** When a container has ended: its output says so at once, to whoever reads it; a look at it does otherwise. */
import { setTimeout } from 'node:timers/promises';
import type { ContainerState, EngineApi } from './api.ts';
import { EngineError } from './engine-error.ts';
import { isRunning } from './job-status.ts';

/** Between looks at a container that runs, from the first to the last. In milliseconds. */
const lookMs = { first: 1000, last: 8000 };

/** Looks in a row that may fail: at least five minutes, and far longer with an engine that takes its time to fail. */
const mostFailures = 40;

/** Rests for so many milliseconds, or until the signal. */
export type Rest = (ms: number, signal?: AbortSignal) => Promise<void>;

/** Keeps the process alive: whoever waits for a container has nothing else to do, perhaps. */
export const rested: Rest = async (ms, signal) => {
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
};

/** See the file's header. The engine's API can be asked to wait, too, but podman then keeps a core busy for up to half a second at each end. */
export class EndWatch {
  readonly #api: Pick<EngineApi, 'inspect'>;
  readonly #id: string;
  readonly #rest: Rest;
  #hurry = new AbortController();

  constructor(api: Pick<EngineApi, 'inspect'>, id: string, rest: Rest = rested) {
    this.#api = api;
    this.#id = id;
    this.#rest = rest;
  }

  /** It may have ended: the next look is now. */
  hurry(): void {
    this.#hurry.abort();
  }

  /**
   * How the engine describes it when it has ended; `undefined`: it is gone. A look that fails says nothing of the container while its output
   * goes on: an engine that is busy answers late, or with an error.
   *
   * @param printed resolves when its output has ended, or cannot be had any more
   * @throws what the last look met: nobody listens and the output has ended, or looks have failed for minutes
   */
  async ended(printed: Promise<void>): Promise<ContainerState | undefined> {
    let told = false;
    void printed.then(() => {
      told = true;
      this.hurry();
    });
    let failures = 0;
    for (let waitMs = lookMs.first; ; waitMs = Math.min(lookMs.last, 2 * waitMs)) {
      await this.#rest(waitMs, this.#hurry.signal);
      if (this.#hurry.signal.aborted) this.#hurry = new AbortController();
      try {
        const state = await this.#api.inspect(this.#id);
        if (!isRunning(state)) return state;
        failures = 0;
      } catch (error) {
        failures += 1;
        const isAway = told && !(error instanceof EngineError);
        if (isAway || failures >= mostFailures) throw error;
      }
    }
  }
}
