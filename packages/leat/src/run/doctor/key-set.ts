// 52 bits of a hash are exact in a double; two keys that share them are taken for one, which no store is large enough to meet.
const digits = 13;
const firstSlots = 1024;
const contentKey = /^blobs\/(?<first>[\da-f]{2})\/(?<rest>[\da-f]{11})/;

/** A set of keys of content in about 16 bytes each, so that millions fit in memory. Other keys are never in it. */
export class KeySet {
  /** Open addressing; 0 is an empty slot. */
  #slots = new Float64Array(firstSlots);
  #size = 0;

  /** Adds a key; `false` when it was there. */
  add(key: string): boolean {
    const hash = shortHash(key);
    if (hash === undefined) return true;
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const slot = slotOf(this.#slots, hash);
    if (this.#slots[slot] === hash) return false;
    this.#slots[slot] = hash;
    this.#size += 1;
    return true;
  }

  has(key: string): boolean {
    const hash = shortHash(key);
    return hash !== undefined && this.#slots[slotOf(this.#slots, hash)] === hash;
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2);
    for (const hash of this.#slots) if (hash !== 0) larger[slotOf(larger, hash)] = hash;
    this.#slots = larger;
  }
}

/** Where a hash is, or would be. */
function slotOf(slots: Float64Array, hash: number): number {
  let slot = hash % slots.length;
  while (slots[slot] !== 0 && slots[slot] !== hash) slot = (slot + 1) % slots.length;
  return slot;
}

/** `blobs/ab/cdef….raw` → the first 52 bits of the hash, never 0. */
function shortHash(key: string): number | undefined {
  const { first, rest } = contentKey.exec(key)?.groups ?? {};
  if (first === undefined || rest === undefined) return undefined;
  return Number.parseInt((first + rest).slice(0, digits), 16) + 1;
}
