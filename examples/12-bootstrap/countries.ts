import rows from 'vega-datasets/data/gapminder.json' with { type: 'json' };

/** One country in one year. */
export interface Country {
  readonly name: string;
  /** Children for each woman. */
  readonly children: number;
  /** Life expectancy at birth, in years. */
  readonly life: number;
}

/** All 62 countries of the gapminder data in one year: 1955 to 2005 in steps of five. */
export const loadCountries = (year: number): Country[] =>
  rows
    .filter((row) => row.year === year)
    .map(({ country, fertility, life_expect: life }) => ({ name: country, children: fertility, life }));
