import { emptyFifo, type Fifo, push, shift } from './state/fifo.ts';

/** Lets only so many calls run at once; the others wait in order. */
export class Semaphore {
  #free: number;
  readonly #waiting: Fifo<() => void> = emptyFifo();

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Runs a call when there is room. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise<void>((resolve) => {
        push(this.#waiting, resolve);
      });
    try {
      return await call();
    } finally {
      const next = shift(this.#waiting);
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
