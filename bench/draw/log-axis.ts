/** A logarithmic axis: from `low` to `high`, with a line at each of `ticks`. */
export interface LogAxis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Where a value lies, 0 at `low` to 1 at `high`. */
  readonly at: (value: number) => number;
}

/** Above this many decades only the powers of ten are drawn. */
const fewDecades = 2.5;

/** The axis that holds all values, which are positive; it ends on ticks. */
export function logAxis(values: readonly number[]): LogAxis {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const steps = Math.log10(most / least) > fewDecades ? [1] : [1, 2, 5];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(least)) - 1; power <= Math.ceil(Math.log10(most)) + 1; power++)
    all.push(...steps.map((step) => step * 10 ** power));
  const low = all.findLast((tick) => tick <= least) ?? least;
  const high = all.find((tick) => tick >= most && tick > low) ?? most;
  return {
    low,
    high,
    ticks: all.filter((tick) => tick >= low && tick <= high),
    at: (value) => Math.log(value / low) / Math.log(high / low),
  };
}
