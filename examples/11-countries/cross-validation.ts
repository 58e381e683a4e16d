/**
 * How good is a model at forecasting? Rolling origin: stand at each year of the past, let the model see only what was
 * known then, and compare its forecast with what came.
 */
import type { Metric } from './families.ts';

export interface RollingOriginOptions {
  readonly horizon: number;
  /** The first origin has this many values behind it. */
  readonly shortest: number;
}

/** The errors of every forecast from every origin; near the end of the history the forecasts are shorter. */
export function rollingOriginErrors(
  history: readonly number[],
  model: (history: readonly number[], horizon: number) => readonly number[],
  { horizon, shortest }: RollingOriginOptions,
): number[] {
  const errors: number[] = [];
  for (let origin = shortest; origin < history.length; origin++) {
    const actual = history.slice(origin, origin + horizon);
    errors.push(...forecastErrors(actual, model(history.slice(0, origin), actual.length)));
  }
  return errors;
}

export function forecastErrors(actual: readonly number[], forecast: readonly number[]): number[] {
  return actual.map((value, at) => (forecast[at] ?? Number.NaN) - value);
}

export const score: Readonly<Record<Metric, (errors: readonly number[]) => number>> = {
  mae: (errors) => mean(errors.map(Math.abs)),
  rmse: (errors) => Math.sqrt(mean(errors.map((error) => error ** 2))),
};

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
