/**
 * How long tasks took, as counts of durations by size: each bucket is at most a quarter larger than the one before, so a median is
 * known well enough, whatever the number of tasks. Integers only: the same on every machine.
 */
export type Durations = number[];

/** Buckets of an octave, as a power of two. */
const fine = 2;

/** Counts a duration in milliseconds. */
export function countDuration(durations: Durations, ms: number): void {
  const bucket = bucketOf(Math.min(2 ** 31 - 1, Math.max(1, Math.trunc(ms))));
  while (durations.length <= bucket) durations.push(0);
  durations[bucket] = (durations[bucket] ?? 0) + 1;
}

function bucketOf(ms: number): number {
  const octave = 31 - Math.clz32(ms);
  const within = octave >= fine ? ms >> (octave - fine) : ms << (fine - octave);
  return (octave << fine) + (within & (2 ** fine - 1));
}

/** The longest duration of a bucket. */
function longestOf(bucket: number): number {
  const octave = bucket >> fine;
  const within = (bucket & (2 ** fine - 1)) + 2 ** fine + 1;
  return Math.max(1, Math.ceil(within * 2 ** (octave - fine)) - 1);
}

/** How many durations were counted. */
export const durationCount = (durations: Durations): number =>
  durations.reduce((sum, count) => sum + count, 0);

/** The median in milliseconds, a quarter too long at most; 0 when nothing was counted. */
export function medianDuration(durations: Durations): number {
  const half = durationCount(durations) / 2;
  let below = 0;
  for (const [bucket, count] of durations.entries()) {
    below += count;
    if (count > 0 && below >= half) return longestOf(bucket);
  }
  return 0;
}
