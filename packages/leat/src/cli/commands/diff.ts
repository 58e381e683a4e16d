import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import type { Difference, RunDiff, StepDifference } from '../../client/index.ts';
import { formatCount } from '../output/format.ts';
import { jsonText } from '../output/json.ts';
import type { Output, Terminal } from '../output/terminal.ts';
import { type ReadFlags, withClient } from './with-client.ts';

export interface DiffCommand {
  readonly terminal: Terminal;
  readonly run: string;
  readonly other: string;
  readonly options: ReadFlags;
}

function section(title: string, lines: readonly string[], out: Output): string[] {
  return lines.length === 0 ? [] : [out.style('bold', title), ...lines, ''];
}

function change<T>({ name, before, after }: Difference<T>, show: (value: T) => string): string {
  const side = (value: T | undefined): string => (value === undefined ? '(none)' : show(value));
  return `  ${name}: ${side(before)} → ${side(after)}`;
}

/** The lines of `diff -u` where the machine has it; else only that the file differs. */
function textDiff({ name, before, after }: Difference<string>, out: Output): string[] {
  if (before === undefined) return [`  ${name}: new`];
  if (after === undefined) return [`  ${name}: gone`];
  const folder = mkdtempSync(join(tmpdir(), 'leat-diff-'));
  try {
    writeFileSync(join(folder, 'before'), before);
    writeFileSync(join(folder, 'after'), after);
    const { stdout } = spawnSync('diff', ['-u', 'before', 'after'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 10_000,
    });
    if (!stdout) return [`  ${name}: differs`];
    const colour = (line: string): string =>
      line.startsWith('+') ? out.style('green', line) : line.startsWith('-') ? out.style('red', line) : line;
    return [
      `  ${name}:`,
      ...stdout
        .trimEnd()
        .split('\n')
        .slice(2)
        .map((line) => `    ${colour(line)}`),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stepLine({ step, tasks, compared, artifacts, sourceChanged }: StepDifference): string {
  const parts = [
    tasks.before === tasks.after ? '' : `${formatCount(tasks.before)} → ${formatCount(tasks.after)} tasks`,
    sourceChanged ? 'code changed' : '',
    artifacts.length === 0
      ? ''
      : `artifacts ${artifacts.map((one) => (compared > 1 ? `${one.name} (${one.tasks} of ${compared} tasks)` : one.name)).join(', ')}`,
  ];
  return `  ${step}: ${parts.filter(Boolean).join('; ')}`;
}

function diffText(found: RunDiff, out: Output): string {
  const lines = [
    ...section(
      'parameters',
      found.parameters.map((one) => change(one, (value) => JSON.stringify(value))),
      out,
    ),
    ...section(
      'artifacts of end',
      found.artifacts.map((one) => change(one, ({ type, hash }) => `${type} ${hash.slice(0, 8)}`)),
      out,
    ),
    ...section('steps', found.steps.map(stepLine), out),
    ...section(
      'code',
      found.code.flatMap((one) => textDiff(one, out)),
      out,
    ),
  ];
  return lines.length === 0
    ? `${found.before} and ${found.after} are the same in parameters, artifacts and code\n`
    : lines.join('\n');
}

/** `leat diff RUN RUN`. */
export async function diff({ terminal, run, other, options }: DiffCommand): Promise<number> {
  const found = await withClient(options, (client) => client.diff(run, other));
  terminal.out.write(options.json === true ? jsonText(found, false) : diffText(found, terminal.out));
  return 0;
}
