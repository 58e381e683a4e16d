// `npm run bench [-- name… --option…]`: answers the questions that are named, or all, prints one table, and writes `results/<date>.json`.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawPage } from './draw/page.ts';
import { describeMachine, load } from './harness/machine.ts';
import { metaflowVersion } from './harness/metaflow.ts';
import type { Answer, Question } from './harness/question.ts';
import { readCommandLine, type Settings } from './harness/settings.ts';
import { formatFindings, formatTable } from './harness/table.ts';
import { makeWorkFolder } from './harness/work-folder.ts';
import { questions } from './questions.ts';

function chosen(names: readonly string[]): readonly Question[] {
  const unknown = names.filter((name) => !questions.some((question) => question.name === name));
  if (unknown.length > 0) {
    const known = questions.map(({ name, asks }) => `  ${name.padEnd(16)}${asks}`).join('\n');
    throw new Error(`There is no question ${unknown.join(', ')}. There are:\n${known}`);
  }
  return questions.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** One that cannot be answered must not take the others' answers with it. */
async function answerOf(question: Question, settings: Settings): Promise<Answer | undefined> {
  try {
    return await question.answer(settings);
  } catch (error) {
    console.error(`\n✘ ${question.name}: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

function save(results: object): string {
  const folder = path.join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`);
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  return path.relative(process.cwd(), file);
}

function show(answers: readonly Answer[]): void {
  for (const table of answers.flatMap(({ tables = [] }) => tables))
    console.log(`\n${table.title}\n${formatTable(table)}`);
  const findings = answers.flatMap((answer) => answer.findings);
  if (findings.length > 0) console.log(`\n${formatFindings(findings)}`);
}

async function session(asked: readonly Question[], settings: Settings, draw: boolean): Promise<boolean> {
  const machine = describeMachine();
  const date = new Date().toISOString();
  const loadBefore = load();
  const answers = new Map<string, Answer | undefined>();
  for (const question of asked) answers.set(question.name, await answerOf(question, settings));
  const loads = { before: loadBefore, after: load() };
  const given = [...answers.values()].filter((answer) => answer !== undefined);
  show(given);
  const { cpus, cpu, memoryGb, kernel, node, commit } = machine;
  console.log(`\n${cpus} × ${cpu}, ${memoryGb} GB, ${kernel}, Node ${node}, commit ${commit}`);
  console.log(
    `load average ${loads.before} before, ${loads.after} after; medians of ${settings.rounds}; Metaflow ${metaflowVersion}`,
  );
  if (loads.before > cpus / 4) {
    console.log('This machine was busy before it began: believe the CPU figures, not the wall times.');
  }
  const { folder: _folder, say: _say, ...numbers } = settings;
  const facts = { date, machine, loads, settings: numbers, metaflow: metaflowVersion };
  console.log(`All samples: ${save({ ...facts, answers: Object.fromEntries(answers) })}`);
  if (draw) {
    const order = questions.map(({ name }) => name);
    const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`;
    console.log(`Drawn: ${drawPage(order, answers, { date, machine, loads, command })}`);
  }
  const findings = given.flatMap((answer) => answer.findings);
  return given.length === asked.length && findings.every(({ verdict }) => verdict !== 'MISSED');
}

async function main(): Promise<void> {
  const { names, draw, keep, settingsIn } = readCommandLine(process.argv.slice(2));
  const asked = chosen(names);
  const { folder, remove } = makeWorkFolder();
  try {
    process.exitCode = (await session(asked, settingsIn(folder), draw)) ? 0 : 1;
  } finally {
    if (keep) console.log(`What the runs wrote: ${folder}`);
    else remove();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
