/** The middle one; the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('the median of nothing');
  return (upper + lower) / 2;
}

/** Median of the ratios of what ran next to each other: this machine's clock drifts by 20 % within minutes, a pair sees little of it. */
export function pairedRatio(of: readonly number[], to: readonly number[]): number {
  return median(of.slice(0, to.length).map((value, index) => value / (to[index] ?? Number.NaN)));
}
