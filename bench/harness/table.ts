import type { Finding, Table } from './question.ts';

/** Findings as a table, as all that print them want it. */
export function tableOfFindings(findings: readonly Finding[]): Omit<Table, 'title'> {
  return {
    columns: ['what', 'Leat', 'against', 'ratio', 'budget', 'verdict'],
    rows: findings.map(({ what, leat, against, ratio, budget, verdict }) => [
      what,
      leat,
      against,
      ratio,
      budget,
      verdict,
    ]),
  };
}

/** Findings as text, a line each. */
export const formatFindings = (findings: readonly Finding[]): string =>
  formatTable(tableOfFindings(findings));

/** A table as text, without its title. */
export function formatTable({ columns, rows }: Omit<Table, 'title'>): string {
  const lines = [columns.map((column) => column.toUpperCase()), ...rows];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
