/**
 * The model families. A model is a pure function: a history of evenly spaced values in, the next `horizon`
 * values out. It sees nothing but the history, which is what keeps the cross-validation honest.
 */
import { PolynomialRegression } from 'ml-regression-polynomial';
import { SimpleLinearRegression } from 'ml-regression-simple-linear';
import { TheilSenRegression } from 'ml-regression-theil-sen';
import type { Family } from './families.ts';
import { gaussianProcess } from './gaussian-process.ts';
import { randomForest } from './random-forest.ts';
import { smoothing } from './smoothing.ts';

export type Model = (history: readonly number[], horizon: number) => number[];

/** The shortest history that every family can learn from. */
export const shortestHistory = 5;

export const models: Readonly<Record<Family, Model>> = {
  'last-value': (history, horizon) => steps(horizon).map(() => history.at(-1) ?? Number.NaN),
  linear: trend((times, values) => new SimpleLinearRegression(times, values)),
  quadratic: trend((times, values) => new PolynomialRegression(times, values, 2)),
  'theil-sen': trend((times, values) => new TheilSenRegression(times, values)),
  smoothing,
  'gaussian-process': gaussianProcess,
  'random-forest': randomForest,
};

interface Curve {
  predict(time: number): number;
}

/** A model that fits a curve over time and reads it further on. */
function trend(fit: (times: number[], values: number[]) => Curve): Model {
  return (history, horizon) => {
    const curve = fit([...history.keys()], [...history]);
    return steps(horizon).map((step) => curve.predict(history.length + step));
  };
}

function steps(horizon: number): number[] {
  return Array.from({ length: horizon }, (_, step) => step);
}
