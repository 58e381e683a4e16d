/** The blocks of the page: what one question came to, and all budgets in one table. */
import type { Answer, Chart, Table } from '../harness/question.ts';
import type { Machine } from '../harness/machine.ts';
import { tableOfFindings } from '../harness/table.ts';

/** What figures are worth nothing without. */
export interface Circumstances {
  readonly date: string;
  readonly machine: Machine;
  readonly loads: { readonly before: number; readonly after: number };
  /** The command that gave them. */
  readonly command: string;
}

/** What the page keeps of an answer. */
export type Kept = Omit<Answer, 'samples'> & Circumstances;

/** Above this load a CPU the figures were taken among others, which the page says. */
const busyLoad = 0.25;

/** Everything that one question came to. */
export function questionBlock(kept: Kept): string {
  const { findings, tables = [], charts = [] } = kept;
  return [
    circumstances(kept),
    ...(findings.length === 0 ? [] : [markdownTable(tableOfFindings(findings))]),
    ...charts.map(imageOf),
    ...tables.map((table) => `**${table.title}**\n\n${markdownTable(table)}`),
  ].join('\n\n');
}

/** What has a budget, of all questions. */
export function budgetBlock(answers: readonly Kept[]): string {
  const judged = answers.flatMap(({ findings }) => findings.filter(({ budget }) => budget !== ''));
  return markdownTable(tableOfFindings(judged));
}

const imageOf = ({ name, title, y }: Chart): string => `![${title}: ${y}](benchmarks/${name}.svg)`;

function circumstances({ date, machine, loads, command }: Circumstances): string {
  const { cpus, cpu, memoryGb, kernel, node, commit } = machine;
  const busy =
    loads.before / cpus > busyLoad
      ? ` **The machine was busy (load average ${loads.before}): believe the CPU figures, not the wall times.**`
      : '';
  return `*${date.slice(0, 10)}, ${cpus} × ${cpu}, ${memoryGb} GB, ${kernel}, Node ${node}, commit ${commit}: \`${command}\`.*${busy}`;
}

function markdownTable({ columns, rows }: Omit<Table, 'title'>): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}
