interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

/** Turns of Node's event loop in which nothing must happen before time moves on. */
const quietTurns = 6;

/**
 * Time that moves only when everybody waits: hours of waiting pass in milliseconds, in the same order each time. Works as
 * long as nothing waits for real I/O.
 *
 * @example const clock = new VirtualClock(); await clock.run(startRun({ …, clock }).done);
 */
export class VirtualClock {
  #now: number;
  #order = 0;
  /** A heap by time, then by order of setting. */
  readonly #timers: Timer[] = [];

  /** @param start milliseconds since the epoch */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now;
  }

  /** Milliseconds; nobody sets this clock. */
  steady(): number {
    return this.#now;
  }

  /** Calls `fire` once, `ms` from now; returns what takes that back. */
  after(ms: number, fire: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order, fire, cancelled: false };
    this.#order += 1;
    this.#insert(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Resolves after `ms` of virtual time. */
  async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.after(ms, resolve);
    });
  }

  /**
   * Lets time pass until a promise is settled, and returns what it came to.
   * @throws Error when it waits for something that no timer will bring
   */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    // Its failure is the caller's, below; until then it is nobody's.
    watched.catch(() => {});
    for (;;) {
      for (let turn = 0; turn < quietTurns; turn += 1) await new Promise(setImmediate);
      if (settled) return watched;
      if (!this.#step())
        throw new Error(`nothing will happen any more at ${new Date(this.#now).toISOString()}: deadlock`);
    }
  }

  /** Fires the next timer. */
  #step(): boolean {
    for (let timer = this.#pop(); timer !== undefined; timer = this.#pop()) {
      if (timer.cancelled) continue;
      this.#now = Math.max(this.#now, timer.at);
      timer.fire();
      return true;
    }
    return false;
  }

  #insert(timer: Timer): void {
    const heap = this.#timers;
    let at = heap.length;
    heap.push(timer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#timers;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
