import { expect, test } from 'vitest';
import { chooseBest } from './choice.ts';
import { families, parseFamilies } from './families.ts';
import { loadSeries } from './gapminder.ts';
import type { Series } from './series.ts';
import { runTrial } from './trial.ts';

const options = { families, horizon: 10, metric: 'mae' } as const;
const parabola: Series = {
  country: 'Parabolia',
  years: Array.from({ length: 11 }, (_, at) => 1955 + 5 * at),
  values: Array.from({ length: 11 }, (_, at) => at ** 2),
};

test('a parabola is won by the quadratic, and forecast to the end', () => {
  const { best, testYears, forecastYears } = chooseBest(runTrial(parabola, options));
  expect(best.family).toBe('quadratic');
  expect(testYears).toEqual([2000, 2005]);
  expect(forecastYears).toEqual([2010, 2015]);
  expect(best.forecast[0]).toBeCloseTo(121, 4);
  expect(best.forecast[1]).toBeCloseTo(144, 4);
});

test('the test years change neither the choice nor what was forecast for them', () => {
  const shocked = { ...parabola, values: parabola.values.with(9, -500).with(10, 900) };
  const [calm, shock] = [chooseBest(runTrial(parabola, options)), chooseBest(runTrial(shocked, options))];
  expect(shock.best.family).toBe(calm.best.family);
  expect(shock.best.cvError).toBe(calm.best.cvError);
  expect(shock.best.backtest).toEqual(calm.best.backtest);
  expect(shock.best.testError).toBeGreaterThan(100);
});

test('of equals the simplest family is chosen', () => {
  const flat = { ...parabola, values: parabola.values.map(() => 5) };
  expect(chooseBest(runTrial(flat, options)).best.family).toBe('last-value');
});

test.each([0, -5, 7, 30, Number.NaN])('a horizon of %d years is refused', (horizon) => {
  expect(() => runTrial(parabola, { ...options, horizon })).toThrow(
    /horizon .*: expected a multiple of 5 years, from 5 to 25/,
  );
});

test('an unknown family is refused with the list of those there are', () => {
  expect(() => parseFamilies(['linear', 'cubic'])).toThrow(
    'unknown family cubic: choose from last-value, linear',
  );
  expect(() => parseFamilies([])).toThrow('no family');
  expect(parseFamilies(['linear'])).toEqual(['linear']);
});

test('the data: 62 countries, eleven values each', () => {
  const all = loadSeries('life_expect');
  expect(all).toHaveLength(62);
  expect(
    all.every(({ values }) => values.length === 11 && values.every((value) => value > 20 && value < 90)),
  ).toBe(true);
  expect(loadSeries('fertility', ['Norway', 'Hong Kong, China']).map(({ country }) => country)).toEqual([
    'Hong Kong, China',
    'Norway',
  ]);
  expect(() => loadSeries('fertility', ['Atlantis'])).toThrow('no data for Atlantis');
});
