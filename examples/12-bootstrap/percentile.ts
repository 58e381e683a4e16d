/** The value below which `percent` of sorted values lie, between neighbours in proportion. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const place = (sorted.length - 1) * (percent / 100);
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) throw new RangeError('there are no values');
  return below + (above - below) * (place % 1);
}
