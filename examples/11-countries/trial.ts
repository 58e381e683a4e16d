/**
 * One country's trial of all families. The last `horizon` values are locked away: the families compete by
 * cross-validation on the values before them, and the locked values only tell how good the choice was. A
 * cross-validation error of the winner alone would flatter it, as it is the lowest of many.
 */
import { forecastErrors, rollingOriginErrors, score } from './cross-validation.ts';
import type { Family, Metric } from './families.ts';
import { models, shortestHistory } from './models.ts';
import { yearStep, type Series } from './series.ts';

export interface TrialOptions {
  readonly families: readonly Family[];
  /** In years. */
  readonly horizon: number;
  readonly metric: Metric;
}

export interface Candidate {
  readonly family: Family;
  /** Cross-validated on the years before the test years: what the choice rests on. */
  readonly cvError: number;
  /** On the test years, which nobody had seen. */
  readonly testError: number;
  /** What was forecast for the test years. */
  readonly backtest: readonly number[];
  /** What comes after the data, from a model of all of it. */
  readonly forecast: readonly number[];
}

export interface Trial {
  readonly series: Series;
  readonly testYears: readonly number[];
  readonly forecastYears: readonly number[];
  readonly candidates: readonly Candidate[];
}

export function runTrial(series: Series, { families, horizon, metric }: TrialOptions): Trial {
  const steps = stepsAhead(series, horizon);
  const known = series.values.slice(0, -steps);
  const test = series.values.slice(-steps);
  const lastYear = series.years.at(-1) ?? Number.NaN;
  return {
    series,
    testYears: series.years.slice(-steps),
    forecastYears: Array.from({ length: steps }, (_, step) => lastYear + yearStep * (step + 1)),
    candidates: families.map((family) => {
      const model = models[family];
      const backtest = model(known, steps);
      return {
        family,
        cvError: score[metric](
          rollingOriginErrors(known, model, { horizon: steps, shortest: shortestHistory }),
        ),
        testError: score[metric](forecastErrors(test, backtest)),
        backtest,
        forecast: model(series.values, steps),
      };
    }),
  };
}

function stepsAhead(series: Series, horizon: number): number {
  const longest = (series.values.length - shortestHistory - 1) * yearStep;
  if (!Number.isInteger(horizon / yearStep) || horizon < yearStep || horizon > longest) {
    throw new RangeError(
      `horizon ${horizon}: expected a multiple of ${yearStep} years, from ${yearStep} to ${longest}`,
    );
  }
  return horizon / yearStep;
}
