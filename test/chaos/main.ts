// `npm run chaos`: kill -9 at random, for minutes, over runs of many tasks; ends with a table, and with 1 when anything was lost, doubled or left.
import { parseArgs } from 'node:util';
import { chaos, type ChaosOptions, type ChaosReport } from './chaos.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    tasks: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    every: { type: 'string', default: '3' },
    metadata: { type: 'string', default: 'sqlite' },
    isolation: { type: 'string', default: 'mixed' },
    keep: { type: 'boolean', default: false },
  },
});

function number(name: 'minutes' | 'tasks' | 'seed' | 'every'): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} takes a number above 0, not "${values[name]}"`);
}

function oneOf<T extends string>(name: 'metadata' | 'isolation', known: readonly T[]): T {
  const value = known.find((one) => one === values[name]);
  if (value !== undefined) return value;
  throw new Error(`--${name} is one of ${known.join(', ')}, not "${values[name]}"`);
}

const options: ChaosOptions = {
  minutes: number('minutes'),
  tasks: Math.round(number('tasks')),
  seed: Math.round(number('seed')),
  everyMs: number('every') * 1000,
  metadata: oneOf('metadata', ['sqlite', 'postgres']),
  isolation: oneOf('isolation', ['process', 'reuse', 'mixed']),
  pauses: true,
  keep: values.keep,
  say: (line) => console.log(`${new Date().toISOString().slice(11, 23)} ${line}`),
};

/** Lines of each kind of finding that are shown. */
const mostShown = 20;

function print(report: ChaosReport): boolean {
  const kills = [...report.kills].toSorted(([, a], [, b]) => b - a);
  const findings = {
    lost: report.lost,
    doubled: report.doubled,
    'left behind': report.leftovers,
    surprises: report.surprises,
  };
  const rows: [string, string | number][] = [
    ...kills.map(([kind, times]): [string, number] => [`killed: ${kind}`, times]),
    ['kills', kills.reduce((sum, [, times]) => sum + times, 0)],
    ['recoveries', report.recoveries],
    ['runs', report.runs],
    ['tasks', report.tasks],
    ['executions per task', (report.executions / report.tasks).toFixed(4)],
    ['late, of fenced engines', report.lateOfFenced],
    ...Object.entries(findings).map(([name, lines]): [string, number] => [name, lines.length]),
    ['seed', options.seed],
  ];
  for (const [name, lines] of Object.entries(findings))
    for (const line of lines.slice(0, mostShown)) console.log(`${name}: ${line}`);
  for (const [name, value] of rows) console.log(`${name.padEnd(42)}${String(value).padStart(10)}`);
  return Object.values(findings).every((lines) => lines.length === 0);
}

process.exitCode = print(await chaos(options)) ? 0 : 1;
