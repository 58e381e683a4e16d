/** Where a value is kept: entry `slot` of a list that its owner looks into before it loads the value again. */
interface Kept {
  readonly values: unknown[];
  readonly slot: number;
  readonly size: number;
}

/** Values up to this size stay with their owner, in bytes. */
const smallBytes = 1024;
/** What larger ones may take together. The last one stays, whatever its size. */
const mostBytes = 32 * 1024 * 1024;
const compactFrom = 1024;

/**
 * Lets values go that were loaded long ago, so that a step that goes over a million inputs holds few of them: a weak reference
 * would hold all of them until the step gives way to the event loop.
 */
export class KeptValues {
  // The oldest first; before `#first` they are gone.
  #kept: Kept[] = [];
  #first = 0;
  #bytes = 0;

  /** Keeps a value of `size` bytes in `values[slot]`. */
  keep(
    values: unknown[],
    slot: number,
    { value, size }: { readonly value: unknown; readonly size: number },
  ): void {
    values[slot] = value;
    if (size <= smallBytes) return;
    this.#kept.push({ values, slot, size });
    this.#bytes += size;
    while (this.#bytes > mostBytes && this.#first < this.#kept.length - 1) this.#letGo();
  }

  #letGo(): void {
    const oldest = this.#kept[this.#first] as Kept;
    oldest.values[oldest.slot] = undefined;
    this.#bytes -= oldest.size;
    this.#first += 1;
    if (this.#first < compactFrom || this.#first * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }
}
