import { expect, test } from 'vitest';
import { rollingOriginErrors, score } from './cross-validation.ts';

test('a model sees only what came before its origin', () => {
  const seen: number[][] = [];
  rollingOriginErrors(
    [10, 20, 30, 40, 50],
    (history, horizon) => (seen.push([...history]), Array<number>(horizon).fill(0)),
    {
      horizon: 2,
      shortest: 2,
    },
  );
  expect(seen).toEqual([
    [10, 20],
    [10, 20, 30],
    [10, 20, 30, 40],
  ]);
});

test('the errors of every forecast, shorter at the end of the history', () => {
  const lastValue = (history: readonly number[], horizon: number) =>
    Array<number>(horizon).fill(history.at(-1) ?? 0);
  // From 20: 30 and 40 come; from 30: 40 and 50; from 40: 50.
  expect(rollingOriginErrors([10, 20, 30, 40, 50], lastValue, { horizon: 2, shortest: 2 })).toEqual([
    -10, -20, -10, -20, -10,
  ]);
});

test('a perfect model has no error', () => {
  const perfect = (history: readonly number[], horizon: number) =>
    Array.from({ length: horizon }, (_, step) => history.length + step);
  expect(score.mae(rollingOriginErrors([0, 1, 2, 3, 4, 5], perfect, { horizon: 3, shortest: 1 }))).toBe(0);
});

test('scores', () => {
  expect(score.mae([3, -4])).toBe(3.5);
  expect(score.rmse([3, -4])).toBeCloseTo(Math.sqrt(12.5), 12);
});
