/** What the data can be asked about. */
export const indicators = ['life_expect', 'fertility'] as const;

export type Indicator = (typeof indicators)[number];

export const indicatorTitles: Readonly<Record<Indicator, string>> = {
  life_expect: 'Life expectancy at birth, in years',
  fertility: 'Children per woman',
};
