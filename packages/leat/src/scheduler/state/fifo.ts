/** A queue whose every operation is O(1); plain data, so that two states can be compared. */
export interface Fifo<T> {
  items: T[];
  head: number;
}

/** An empty queue. */
export const emptyFifo = <T>(): Fifo<T> => ({ items: [], head: 0 });

/** Adds to the end. */
export function push<T>(fifo: Fifo<T>, item: T): void {
  fifo.items.push(item);
}

/** The first entry, which stays. */
export const peek = <T>(fifo: Fifo<T>): T | undefined => fifo.items[fifo.head];

/** Removes and returns the first entry. */
export function shift<T>(fifo: Fifo<T>): T | undefined {
  const item = fifo.items[fifo.head];
  if (fifo.head >= fifo.items.length) return undefined;
  fifo.head += 1;
  if (fifo.head === fifo.items.length) {
    fifo.items = [];
    fifo.head = 0;
  } else if (fifo.head > 1024 && fifo.head * 2 > fifo.items.length) {
    // The part that was read is given back in large pieces, so that shifting stays O(1) on average.
    fifo.items = fifo.items.slice(fifo.head);
    fifo.head = 0;
  }
  return item;
}

/** How many entries wait. */
export const size = (fifo: Fifo<unknown>): number => fifo.items.length - fifo.head;
