import { emptyFifo, type Fifo, push, shift } from './state/fifo.ts';

/** Lets only so many calls run at once; the others wait in order. */
export class Semaphore {
  #free: number;
  readonly #waiting: Fifo<() => void> = emptyFifo();
  /** Whoever had room before, and wants it again. */
  readonly #returning: Fifo<() => void> = emptyFifo();

  constructor(permits: number) {
    this.#free = permits;
  }

  /** Waits for room, before all others when it `returns`. Call what it returns, once, when the room is free again. */
  async enter({ returns = false }: { readonly returns?: boolean } = {}): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else
      await new Promise<void>((resolve) => {
        push(returns ? this.#returning : this.#waiting, resolve);
      });
    return () => {
      const next = shift(this.#returning) ?? shift(this.#waiting);
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  /** Runs a call when there is room. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const leave = await this.enter();
    try {
      return await call();
    } finally {
      leave();
    }
  }
}
