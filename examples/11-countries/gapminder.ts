/**
 * The gapminder data: 62 countries, one row in five years from 1955 to 2005.
 * (`vega-datasets` stays at 2.9.0: version 3 has the same rows, but no longer lets a data file be imported.)
 */
import rows from 'vega-datasets/data/gapminder.json' with { type: 'json' };
import type { Indicator } from './indicators.ts';
import type { Series } from './series.ts';

/** One series for each country, in the order of their names; all countries when none is named. */
export function loadSeries(indicator: Indicator, countries: readonly string[] = []): Series[] {
  const byCountry = Map.groupBy(rows, (row) => row.country);
  const unknown = countries.filter((country) => !byCountry.has(country));
  if (unknown.length > 0)
    throw new RangeError(
      `no data for ${unknown.join(', ')}: choose from ${[...byCountry.keys()].join('; ')}`,
    );
  const wanted = countries.length > 0 ? [...new Set(countries)] : [...byCountry.keys()];
  return wanted.toSorted().map((country) => {
    const ordered = (byCountry.get(country) ?? []).toSorted((a, b) => a.year - b.year);
    return { country, years: ordered.map((row) => row.year), values: ordered.map((row) => row[indicator]) };
  });
}
