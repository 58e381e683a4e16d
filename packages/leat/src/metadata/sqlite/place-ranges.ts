/** Sets of a foreach's places as ranges: pairs `from, to` (exclusive), in ascending order, neither touching nor overlapping. */

/** A range that holds a place. */
export interface PlaceRange {
  readonly from: number;
  readonly to: number;
}

/** The range of a set that a place is in. */
export function rangeOf(set: readonly number[], place: number): PlaceRange | undefined {
  const at = pairBefore(set, place);
  const [from, to] = [set[at], set[at + 1]];
  return from === undefined || to === undefined || place >= to ? undefined : { from, to };
}

/** Where the pair stands that begins at a place or last before it; negative: there is none. */
function pairBefore(set: readonly number[], place: number): number {
  let [low, high] = [0, set.length / 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((set[middle * 2] ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return (low - 1) * 2;
}

/** Removes a part of one range of the set. */
export function removeRange(set: number[], { from, to }: PlaceRange): void {
  const at = pairBefore(set, from);
  const [first = 0, end = 0] = [set[at], set[at + 1]];
  set.splice(at, 2, ...(first < from ? [first, from] : []), ...(to < end ? [to, end] : []));
}

/** Pairs in any order, which may overlap, as a set. */
export function rangeSet(pairs: readonly number[]): number[] {
  const ranges = pairsOf(pairs)
    .filter(({ from, to }) => from < to)
    .toSorted((a, b) => a.from - b.from);
  const set: number[] = [];
  for (const { from, to } of ranges) {
    const end = set.at(-1);
    if (end !== undefined && from <= end) set[set.length - 1] = Math.max(end, to);
    else set.push(from, to);
  }
  return set;
}

/** The ranges of a list of pairs. */
export function pairsOf(pairs: readonly number[]): PlaceRange[] {
  return Array.from({ length: pairs.length >> 1 }, (_, index) => ({
    from: pairs[index * 2] ?? 0,
    to: pairs[index * 2 + 1] ?? 0,
  }));
}

/** How many places a set has. */
export function sizeOf(set: readonly number[]): number {
  return pairsOf(set).reduce((sum, { from, to }) => sum + to - from, 0);
}

/** A range cut into pieces of at most so many places. */
export function pieces({ from, to }: PlaceRange, most: number): PlaceRange[] {
  return Array.from({ length: Math.ceil((to - from) / most) }, (_, index) => ({
    from: from + index * most,
    to: Math.min(to, from + (index + 1) * most),
  }));
}
