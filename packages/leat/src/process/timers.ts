/** The longest wait that a timer of Node takes, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

/** Timers that are cleared together. Those of Node overflow after 24 days: longer waits are made of several. */
export class Timers {
  readonly #waiting = new Set<NodeJS.Timeout>();

  /** Calls once after so many milliseconds. */
  after(ms: number, act: () => void): void {
    const timer = setTimeout(
      () => {
        this.#waiting.delete(timer);
        if (ms > longestTimer) this.after(ms - longestTimer, act);
        else act();
      },
      Math.min(ms, longestTimer),
    );
    this.#waiting.add(timer);
  }

  clear(): void {
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
  }
}
