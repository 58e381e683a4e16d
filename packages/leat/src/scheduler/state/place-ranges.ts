import { LeatError } from '../../errors/index.ts';

/** Places of a foreach in the order of work, as pairs `from, to` (exclusive): a chunk of thousands is a few numbers. */
export type PlaceRanges = readonly number[];

/** Adds a place behind the others. */
export function addPlace(ranges: number[], place: number): void {
  const last = ranges.length - 1;
  if (last > 0 && ranges[last] === place) ranges[last] = place + 1;
  else ranges.push(place, place + 1);
}

/** How many places there are. */
export function countPlaces(ranges: PlaceRanges): number {
  let count = 0;
  for (let at = 0; at < ranges.length; at += 2) {
    count += (ranges[at + 1] as number) - (ranges[at] as number);
  }
  return count;
}

/** The place that is worked on first. @throws LeatError INTERNAL when there is none. */
export function firstPlace(ranges: PlaceRanges): number {
  const [first] = ranges;
  if (first === undefined) throw new LeatError('INTERNAL', 'a chunk has no places');
  return first;
}

/** Whether a place is one of them. */
export function hasPlace(ranges: PlaceRanges, place: number): boolean {
  for (let at = 0; at < ranges.length; at += 2) {
    if ((ranges[at] as number) <= place && place < (ranges[at + 1] as number)) return true;
  }
  return false;
}

/** Whether they are the same, in the same order. */
export const samePlaces = (one: PlaceRanges, other: PlaceRanges): boolean =>
  one.length === other.length && one.every((bound, at) => bound === other[at]);

/** The places one by one, in order: the member with number n of a chunk is the n-th of them. */
export function* eachPlace(ranges: PlaceRanges): Generator<number> {
  for (let at = 0; at < ranges.length; at += 2) {
    const to = ranges[at + 1] as number;
    for (let place = ranges[at] as number; place < to; place += 1) yield place;
  }
}
