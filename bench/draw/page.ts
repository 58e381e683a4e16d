/**
 * Writes `docs/benchmarks.md` and its pictures: what stands there between `<!-- bench: NAME -->` and `<!-- end bench -->` is made from the newest answer
 * to the question of that name (`budgets`: from all of them). Answers are kept in `docs/benchmarks/answers.json`, so that one question can be
 * answered again without the others.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Answer, Chart } from '../harness/question.ts';
import { barChart } from './bar-chart.ts';
import { lineChart } from './line-chart.ts';
import { budgetBlock, questionBlock, type Circumstances, type Kept } from './markdown.ts';

const docs = path.join(import.meta.dirname, '../../docs');
const page = path.join(docs, 'benchmarks.md');
const pictures = path.join(docs, 'benchmarks');
const store = path.join(pictures, 'answers.json');

const block = /(?<begin><!-- bench: (?<name>[\w-]+) -->\n)[\s\S]*?(?<end><!-- end bench -->)/g;

/** Adds answers to those that are kept, draws all of them, budgets in the order of these names, and returns the path of the page. */
export function drawPage(
  order: readonly string[],
  answers: ReadonlyMap<string, Answer | undefined>,
  circumstances?: Circumstances,
): string {
  const kept = readKept();
  for (const [name, answer] of answers) {
    if (answer === undefined || circumstances === undefined) continue;
    const { samples: _samples, ...rest } = answer;
    kept[name] = { ...rest, ...circumstances };
  }
  mkdirSync(pictures, { recursive: true });
  if (answers.size > 0) writeFileSync(store, `${JSON.stringify(kept, undefined, 2)}\n`);
  for (const chart of Object.values(kept).flatMap(({ charts = [] }) => charts))
    writeFileSync(path.join(pictures, `${chart.name}.svg`), draw(chart));
  writeFileSync(page, withBlocks(readFileSync(page, 'utf8'), order, kept));
  return path.relative(process.cwd(), page);
}

const readKept = (): Record<string, Kept> =>
  existsSync(store) ? (JSON.parse(readFileSync(store, 'utf8')) as Record<string, Kept>) : {};

const draw = (chart: Chart): string => (chart.kind === 'lines' ? lineChart(chart) : barChart(chart));

function withBlocks(
  markdown: string,
  order: readonly string[],
  kept: Readonly<Record<string, Kept>>,
): string {
  const budgets = order.flatMap((name) => kept[name] ?? []);
  return markdown.replaceAll(block, (_whole, begin: string, name: string, end: string) => {
    const text = name === 'budgets' ? budgetBlock(budgets) : answerBlock(kept[name]);
    return `${begin}\n${text}\n\n${end}`;
  });
}

const answerBlock = (kept: Kept | undefined): string =>
  kept === undefined ? 'Not measured yet.' : questionBlock(kept);
