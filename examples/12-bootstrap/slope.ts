import type { Country } from './countries.ts';

/** The slope of the line of least squares: years of life for each child more. `NaN` when all have as many children. */
export function slopeOf(countries: readonly Country[]): number {
  const mean = (of: (country: Country) => number): number =>
    countries.reduce((sum, country) => sum + of(country), 0) / countries.length;
  const [children, life] = [mean((one) => one.children), mean((one) => one.life)];
  const together = mean((one) => (one.children - children) * (one.life - life));
  return together / mean((one) => (one.children - children) ** 2);
}
