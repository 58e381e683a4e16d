// `npm run bench [-- name… --option…]`: answers the questions that are named, or all, prints one table, and writes `results/<date>.json`.
import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { artifactChain } from './artifact-chain.ts';
import { artifact } from './artifact.ts';
import { files } from './files.ts';
import { foreach } from './foreach.ts';
import { describeMachine, load } from './harness/machine.ts';
import { metaflowVersion } from './harness/metaflow.ts';
import type { Answer, Question, Settings } from './harness/question.ts';
import { formatTable } from './harness/table.ts';
import { makeWorkFolder } from './harness/work-folder.ts';
import { hello } from './hello.ts';
import { itemBytes } from './item-bytes.ts';
import { resume } from './resume.ts';

const questions: readonly Question[] = [hello, foreach, itemBytes, artifact, artifactChain, files, resume];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    items: { type: 'string', default: '1000' },
    'metaflow-items': { type: 'string', default: '100' },
    'resume-items': { type: 'string', default: '10000' },
    'widest-split': { type: 'string', default: '100000' },
    'in-flight': { type: 'string', default: String(os.availableParallelism()) },
    keep: { type: 'boolean', default: false },
  },
});

/** Names and numbers that make no sense end the program here, before minutes are spent. */
function settingsIn(folder: string): Settings {
  const number = (name: Exclude<keyof typeof values, 'keep'>, least: number): number => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new Error(`--${name} takes a whole number from ${least} on, not "${values[name]}"`);
    return value;
  };
  return {
    rounds: number('rounds', 1),
    items: number('items', 1),
    metaflowItems: number('metaflow-items', 0),
    resumeItems: number('resume-items', 2),
    inFlight: number('in-flight', 1),
    widestSplit: number('widest-split', 11),
    folder,
    say: (text) => console.error(`· ${text}`),
  };
}

function chosen(): readonly Question[] {
  const unknown = positionals.filter((name) => !questions.some((question) => question.name === name));
  if (unknown.length > 0) {
    const known = questions.map(({ name, asks }) => `  ${name.padEnd(12)}${asks}`).join('\n');
    throw new Error(`There is no question ${unknown.join(', ')}. There are:\n${known}`);
  }
  return questions.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
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

async function session(asked: readonly Question[], settings: Settings): Promise<boolean> {
  const machine = describeMachine();
  const loadBefore = load();
  const answers = new Map<string, Answer | undefined>();
  for (const question of asked) answers.set(question.name, await answerOf(question, settings));
  const loads = { before: loadBefore, after: load() };
  const findings = [...answers.values()].flatMap((answer) => answer?.findings ?? []);
  const { cpus, cpu, memoryGb, kernel, node, commit } = machine;
  console.log(`\n${formatTable(findings)}\n`);
  console.log(`${cpus} × ${cpu}, ${memoryGb} GB, ${kernel}, Node ${node}, commit ${commit}`);
  console.log(
    `load average ${loads.before} before, ${loads.after} after; medians of ${settings.rounds}; Metaflow ${metaflowVersion}`,
  );
  if (loads.before > cpus / 4) {
    console.log('This machine was busy before it began: believe the CPU figures, not the wall times.');
  }
  const { folder: _folder, say: _say, ...numbers } = settings;
  const results = {
    machine,
    loads,
    settings: numbers,
    metaflow: metaflowVersion,
    answers: Object.fromEntries(answers),
  };
  console.log(`All samples: ${save({ date: new Date().toISOString(), ...results })}`);
  const unanswered = [...answers.values()].some((answer) => answer === undefined);
  return !unanswered && findings.every((finding) => finding.verdict !== 'MISSED');
}

async function main(): Promise<void> {
  const asked = chosen();
  const { folder, remove } = makeWorkFolder();
  try {
    process.exitCode = (await session(asked, settingsIn(folder))) ? 0 : 1;
  } finally {
    if (values.keep) console.log(`What the runs wrote: ${folder}`);
    else remove();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
