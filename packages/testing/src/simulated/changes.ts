import type { VirtualClock } from '../virtual-clock.ts';

/** Wakes up those who wait for something to change. */
export class Changes {
  readonly #clock: VirtualClock;
  readonly #listeners = new Set<() => void>();

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Something has changed. */
  tell(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves when `isNews` holds after a change, when `signal` is aborted, or after `waitMs`. */
  async wait(waitMs: number, signal: AbortSignal, isNews: () => boolean): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        this.#listeners.delete(look);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const look = (): void => {
        if (isNews()) done();
      };
      const cancel = this.#clock.after(waitMs, done);
      this.#listeners.add(look);
      signal.addEventListener('abort', done);
    });
  }
}
