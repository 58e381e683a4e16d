import type { Choice } from './choice.ts';

const header = ['country', 'family', 'year', 'forecast', 'cv_error', 'test_error'];

/** The forecasts of all countries, a row for each year (RFC 4180). */
export function forecastsCsv(choices: readonly Choice[]): string {
  const rows = choices.flatMap(({ series, best, forecastYears }) =>
    best.forecast.map((value, at) => [
      series.country,
      best.family,
      String(forecastYears[at]),
      value.toFixed(2),
      best.cvError.toFixed(3),
      best.testError.toFixed(3),
    ]),
  );
  return [header, ...rows].map((row) => `${row.map(quote).join(',')}\r\n`).join('');
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
