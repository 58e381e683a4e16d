import { describe, expect, test } from 'vitest';
import { families } from './families.ts';
import { models, shortestHistory } from './models.ts';

const line = Array.from({ length: 9 }, (_, time) => 10 + 2 * time);

describe.each(families)('%s', (family) => {
  const model = models[family];

  test('gives as many finite values as asked for, from the shortest history on', () => {
    for (let length = shortestHistory; length <= line.length; length++) {
      const forecast = model(line.slice(0, length), 3);
      expect(forecast).toHaveLength(3);
      expect(forecast.every(Number.isFinite)).toBe(true);
    }
  });

  test('leaves its history as it was', () => {
    const history = Object.freeze([3, 1, 4, 1, 5, 9]);
    expect(() => model(history, 2)).not.toThrow();
  });

  test('gives the same forecast twice', () => {
    const history = [3, 1, 4, 1, 5, 9, 2, 6];
    expect(model(history, 4)).toEqual(model(history, 4));
  });

  test('a constant history stays constant', () => {
    for (const value of model([7, 7, 7, 7, 7, 7], 3)) expect(value).toBeCloseTo(7, 6);
  });
});

test.each(['linear', 'quadratic', 'theil-sen', 'smoothing', 'gaussian-process', 'random-forest'] as const)(
  '%s goes on along a straight line',
  (family) => {
    const forecast = models[family](line, 3);
    for (const [at, value] of [28, 30, 32].entries()) expect(forecast[at]).toBeCloseTo(value, 4);
  },
);

test('only the quadratic goes on along a parabola', () => {
  const forecast = models.quadratic([0, 1, 4, 9, 16, 25], 2);
  expect(forecast[0]).toBeCloseTo(36, 6);
  expect(forecast[1]).toBeCloseTo(49, 6);
});

test('Theil-Sen is not moved by one wild value, least squares is', () => {
  const wild = line.with(4, 500);
  expect(models['theil-sen'](wild, 1)[0]).toBeCloseTo(28, 0);
  expect(Math.abs((models.linear(wild, 1)[0] ?? 0) - 28)).toBeGreaterThan(20);
});

test('the Gaussian process follows a slow wave further than a line does', () => {
  const wave = Array.from({ length: 12 }, (_, time) => Math.sin(time / 2));
  const next = Math.sin(6);
  const error = (family: 'linear' | 'gaussian-process') =>
    Math.abs((models[family](wave, 1)[0] ?? Number.NaN) - next);
  expect(error('gaussian-process')).toBeLessThan(error('linear') / 2);
});
