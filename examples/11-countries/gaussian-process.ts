/**
 * Gaussian-process regression over time: a straight line plus a smooth deviation from it. The length scale and the
 * share of noise are those with the highest marginal likelihood; the variance has a closed form.
 */
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { SimpleLinearRegression } from 'ml-regression-simple-linear';

interface Fit {
  readonly lengthScale: number;
  /** K⁻¹ times the deviations: what a prediction weighs its covariances with. */
  readonly weights: readonly number[];
  readonly logLikelihood: number;
}

const lengthScales = [1, 1.5, 2, 3, 5];
const noises = [0.01, 0.05, 0.2, 0.5];

export function gaussianProcess(history: readonly number[], horizon: number): number[] {
  const times = [...history.keys()];
  const line = new SimpleLinearRegression(times, [...history]);
  const deviations = history.map((value, time) => value - line.predict(time));
  const fits = lengthScales.flatMap((lengthScale) =>
    noises.map((noise) => fit(deviations, lengthScale, noise)),
  );
  const best = fits.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
  return Array.from({ length: horizon }, (_, step) => {
    const time = history.length + step;
    const deviation = best.weights.reduce(
      (sum, weight, at) => sum + weight * covariance(time, at, best.lengthScale),
      0,
    );
    return line.predict(time) + deviation;
  });
}

function fit(deviations: readonly number[], lengthScale: number, noise: number): Fit {
  const n = deviations.length;
  const kernel = Matrix.zeros(n, n).apply(function fill(this: Matrix, row, column) {
    this.set(row, column, covariance(row, column, lengthScale) + (row === column ? noise : 0));
  });
  const cholesky = new CholeskyDecomposition(kernel);
  const weights = cholesky.solve(Matrix.columnVector([...deviations])).to1DArray();
  const variance = weights.reduce((sum, weight, at) => sum + weight * (deviations[at] ?? 0), 0) / n;
  const logDeterminant = cholesky.lowerTriangularMatrix
    .diagonal()
    .reduce((sum, value) => sum + 2 * Math.log(value), 0);
  // A history on a straight line has no deviation at all, and every kernel is as good as the next.
  const logLikelihood = -0.5 * (n * Math.log(Math.max(variance, Number.EPSILON)) + logDeterminant);
  return { lengthScale, weights, logLikelihood };
}

function covariance(a: number, b: number, lengthScale: number): number {
  return Math.exp(-0.5 * ((a - b) / lengthScale) ** 2);
}
