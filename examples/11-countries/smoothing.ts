/** Holt's exponential smoothing with a damped trend; its three weights are chosen by the one-step errors in the history. */

interface Weights {
  readonly level: number;
  readonly trend: number;
  readonly damping: number;
}

interface Fit {
  readonly weights: Weights;
  readonly level: number;
  readonly trend: number;
  readonly squaredError: number;
}

const grid: readonly Weights[] = [0.2, 0.4, 0.6, 0.8, 1].flatMap((level) =>
  [0.1, 0.3, 0.6, 1].flatMap((trend) => [0.8, 0.9, 1].map((damping) => ({ level, trend, damping }))),
);

export function smoothing(history: readonly number[], horizon: number): number[] {
  const best = grid
    .map((weights) => fit(history, weights))
    .reduce((a, b) => (b.squaredError < a.squaredError ? b : a));
  let damped = 0;
  return Array.from({ length: horizon }, (_, step) => {
    damped += best.weights.damping ** (step + 1);
    return best.level + damped * best.trend;
  });
}

function fit(history: readonly number[], weights: Weights): Fit {
  const [first = Number.NaN, second = first, ...rest] = history;
  let level = second;
  let trend = second - first;
  let squaredError = 0;
  for (const value of rest) {
    const expected = level + weights.damping * trend;
    const next = weights.level * value + (1 - weights.level) * expected;
    trend = weights.trend * (next - level) + (1 - weights.trend) * weights.damping * trend;
    level = next;
    squaredError += (value - expected) ** 2;
  }
  return { weights, level, trend, squaredError };
}
