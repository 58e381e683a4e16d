/** What the platform says when it wants the job to end: a signal, some time before it ends it by force. */

const signals = ['SIGTERM', 'SIGINT'] as const;

/** The first such signal, from the moment this is made. */
export class StopSignals {
  #stopped: { readonly signal: string; readonly at: number } | undefined;
  #act: (() => void) | undefined;

  constructor() {
    for (const signal of signals) {
      // The bootstrap's: it only had to end.
      process.removeAllListeners(signal);
      process.on(signal, () => {
        this.#stopped ??= { signal, at: Date.now() };
        const act = this.#act;
        this.#act = undefined;
        act?.();
      });
    }
  }

  get stopped(): { readonly signal: string; readonly at: number } | undefined {
    return this.#stopped;
  }

  /** Calls once: at the signal, or now when it has come. */
  whenStopped(act: () => void): void {
    if (this.#stopped === undefined) this.#act = act;
    else act();
  }
}
