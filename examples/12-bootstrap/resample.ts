/** As many entries as there are, drawn with replacement; the same seed draws the same. */
export function resample<T>(entries: readonly T[], seed: number): T[] {
  const random = mulberry32(seed);
  return Array.from(entries, () => entries[Math.floor(random() * entries.length)] as T);
}

/** Tommy Ettinger's generator of 32 bits: small, and good enough to draw countries. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
