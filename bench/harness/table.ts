import type { Finding } from './question.ts';

const columns = [
  'what',
  'leat',
  'against',
  'ratio',
  'budget',
  'verdict',
] as const satisfies readonly (keyof Finding)[];
const titles: Finding = {
  what: 'WHAT',
  leat: 'LEAT',
  against: 'AGAINST',
  ratio: 'RATIO',
  budget: 'BUDGET',
  verdict: 'shown',
};

/** Findings as text, a line each. */
export function formatTable(findings: readonly Finding[]): string {
  const rows = [titles, ...findings].map((finding, row) =>
    columns.map((column) => (row === 0 && column === 'verdict' ? 'VERDICT' : finding[column])),
  );
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
