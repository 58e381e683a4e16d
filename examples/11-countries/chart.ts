/** The chart: a small multiple for each country, drawn by Vega-Lite to SVG without a browser or a canvas. */
import { View, parse } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Choice } from './choice.ts';

type Kind = 'data' | 'test forecast' | 'forecast';

interface Point {
  readonly country: string;
  readonly year: number;
  readonly value: number;
  readonly kind: Kind;
}

const kinds: readonly Kind[] = ['data', 'test forecast', 'forecast'];
const colours = ['#4c5866', '#e0862c', '#1f77b4'];

export async function drawChart(choices: readonly Choice[], title: string): Promise<string> {
  const { spec } = compile(chartSpec(choices, title));
  return new View(parse(spec), { renderer: 'none' }).toSVG();
}

/** The lines of a country's panel; both forecasts start at the last value that their model had seen. */
export function chartPoints({ series, best, testYears, forecastYears }: Choice): Point[] {
  const country = `${series.country} · ${best.family}`;
  const line = (kind: Kind, years: readonly number[], values: readonly number[]) =>
    years.map((year, at) => ({ country, kind, year, value: values[at] ?? Number.NaN }));
  const seen = series.years.length - testYears.length - 1;
  return [
    ...line('data', series.years, series.values),
    ...line(
      'test forecast',
      [...series.years.slice(seen, seen + 1), ...testYears],
      [...series.values.slice(seen, seen + 1), ...best.backtest],
    ),
    ...line(
      'forecast',
      [...series.years.slice(-1), ...forecastYears],
      [...series.values.slice(-1), ...best.forecast],
    ),
  ];
}

function chartSpec(choices: readonly Choice[], title: string): TopLevelSpec {
  return {
    title: { text: title, fontSize: 18, offset: 16 },
    config: { font: 'sans-serif', background: 'white' },
    data: { values: choices.flatMap(chartPoints) },
    facet: {
      field: 'country',
      type: 'nominal',
      title: null,
      header: { labelExpr: "split(datum.label, ' · ')", labelPadding: 6 },
    },
    columns: 8,
    spacing: { row: 44, column: 34 },
    bounds: 'flush',
    resolve: { scale: { y: 'independent' } },
    spec: {
      width: 140,
      height: 70,
      mark: { type: 'line', point: { size: 12 }, strokeWidth: 1.5 },
      encoding: {
        x: {
          field: 'year',
          type: 'quantitative',
          title: null,
          scale: { zero: false },
          axis: { format: 'd', tickCount: 3, grid: false },
        },
        y: {
          field: 'value',
          type: 'quantitative',
          title: null,
          scale: { zero: false },
          axis: { tickCount: 3 },
        },
        color: {
          field: 'kind',
          type: 'nominal',
          sort: [...kinds],
          scale: { domain: [...kinds], range: colours },
          legend: { orient: 'top', title: null },
        },
      },
    },
  };
}
