import { expect, test } from 'vitest';
import { chartPoints, drawChart } from './chart.ts';
import { chooseBest } from './choice.ts';
import { forecastsCsv } from './forecasts-csv.ts';
import { loadSeries } from './gapminder.ts';
import { familyRows, formatSummary, median } from './summary.ts';
import { runTrial } from './trial.ts';

const countries = ['Finland', 'Hong Kong, China', 'Rwanda'];
const choices = loadSeries('life_expect', countries).map((series) =>
  chooseBest(runTrial(series, { families: ['last-value', 'linear'], horizon: 10, metric: 'mae' })),
);

test('the CSV has a row for each country and year, and quotes a name with a comma', () => {
  const lines = forecastsCsv(choices).trimEnd().split('\r\n');
  expect(lines).toHaveLength(1 + 3 * 2);
  expect(lines[0]).toBe('country,family,year,forecast,cv_error,test_error');
  expect(lines[1]).toMatch(/^Finland,linear,2010,8\d\.\d\d,\d\.\d{3},\d\.\d{3}$/);
  expect(lines[3]).toMatch(/^"Hong Kong, China",/);
});

test('both forecasts start where their model stopped seeing', () => {
  const [finland] = choices;
  const years = Map.groupBy(finland ? chartPoints(finland) : [], ({ kind }) => kind);
  expect(years.get('test forecast')?.map(({ year }) => year)).toEqual([1995, 2000, 2005]);
  expect(years.get('forecast')?.map(({ year }) => year)).toEqual([2005, 2010, 2015]);
});

test('the chart is an SVG with a panel for each country', async () => {
  const svg = await drawChart(choices, 'Life expectancy');
  expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  for (const text of ['Life expectancy', ...countries]) expect(svg).toContain(`>${text}<`);
});

test('the summary counts the choices and shows the countries from best to worst', () => {
  const summary = formatSummary(choices);
  expect(summary).toMatch(/^3 countries, tested on 2000, 2005/);
  expect(summary).toMatch(/^each its best +3 /m);
  expect(summary.indexOf('Finland')).toBeLessThan(summary.indexOf('Rwanda'));
  expect(familyRows(choices).reduce((sum, { chosen }) => sum + chosen, 0)).toBe(3);
  expect(formatSummary([])).toBe('No country was fitted.');
});

test('median', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([])).toBeNaN();
});
