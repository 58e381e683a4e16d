/** The report that `end` prints. */
import type { Choice } from './choice.ts';
import type { Family } from './families.ts';

export interface FamilyRow {
  readonly family: Family;
  /** How many countries chose it. */
  readonly chosen: number;
  /** The median test error had it been used for every country. */
  readonly everywhere: number;
}

export function formatSummary(choices: readonly Choice[]): string {
  if (choices.length === 0) return 'No country was fitted.';
  const byError = choices.toSorted((a, b) => a.best.testError - b.best.testError);
  return [
    `${choices.length} countries, tested on ${years(choices)}, which no model had seen.`,
    '',
    row('family', 'chosen for', 'median error if used for all'),
    ...familyRows(choices).map(({ family, chosen, everywhere }) =>
      row(family, String(chosen), everywhere.toFixed(2)),
    ),
    row(
      'each its best',
      String(choices.length),
      median(choices.map((choice) => choice.best.testError)).toFixed(2),
    ),
    '',
    countryRow('country', 'family', 'error', 'last value', 'forecast'),
    ...ends(byError).map((choice) => (choice ? describe(choice) : '…')),
  ].join('\n');
}

/** The families, the most chosen first. */
export function familyRows(choices: readonly Choice[]): FamilyRow[] {
  const candidates = Map.groupBy(
    choices.flatMap((choice) => choice.candidates),
    (candidate) => candidate.family,
  );
  return [...candidates]
    .map(([family, all]) => ({
      family,
      chosen: choices.filter((choice) => choice.best.family === family).length,
      everywhere: median(all.map((candidate) => candidate.testError)),
    }))
    .toSorted((a, b) => b.chosen - a.chosen);
}

export function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = (ordered.length - 1) / 2;
  return ((ordered[Math.floor(middle)] ?? Number.NaN) + (ordered[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** The five best and the five worst, with a gap between. */
function ends<T>(ordered: readonly T[]): readonly (T | undefined)[] {
  return ordered.length > 10 ? [...ordered.slice(0, 5), undefined, ...ordered.slice(-5)] : ordered;
}

function describe({ series, best, forecastYears }: Choice): string {
  const ahead = `${best.forecast.at(-1)?.toFixed(1)} in ${forecastYears.at(-1)}`;
  return countryRow(
    series.country,
    best.family,
    best.testError.toFixed(2),
    `${series.values.at(-1)?.toFixed(1)}`,
    ahead,
  );
}

function years(choices: readonly Choice[]): string {
  return choices[0]?.testYears.join(', ') ?? '';
}

function row(family: string, chosen: string, error: string): string {
  return `${family.padEnd(18)}${chosen.padStart(10)}${error.padStart(31)}`;
}

function countryRow(country: string, ...[family = '', error = '', last = '', ahead = '']: string[]): string {
  return `${country.padEnd(20)}${family.padEnd(18)}${error.padStart(7)}${last.padStart(12)}  ${ahead}`;
}
