// What it takes to look at a run of 1,000,000 tasks, to resume it and to look for what could go: one command each, a process of its own.
import { megabytes, seconds } from './harness/figures.ts';
import { runLeat, type LeatRun } from './harness/leat.ts';
import { median } from './harness/median.ts';
import type { Answer, Finding, Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { wideRuns } from './harness/wide-run.ts';

const run = 'WideFlow/1';

/** The last one goes last: it adds a run. */
const commands = (items: number): readonly (readonly [string, readonly string[]])[] => [
  ['show: the run, its steps and its first failures', ['show', run]],
  ['list tasks: the first 1,000', ['list', 'tasks', run]],
  ['list tasks: 1,000 from the middle', ['list', 'tasks', run, '--after', `work[${Math.floor(items / 2)}]`]],
  ['get: one result of one task', ['get', `${run}/work[${items - 1}].result`]],
  ['logs of one task', ['logs', `${run}/work[${items - 1}]`]],
  ['gc --dry-run: what could go of the whole store', ['gc', '--dry-run']],
  ['resume --from end: takes over all results, and runs one task', ['resume', run, '--from', 'end']],
];

const finding = (what: string, samples: readonly LeatRun[]): Finding => ({
  what,
  leat: [
    seconds(median(samples.map(({ wall }) => wall))),
    `${seconds(median(samples.map(({ cpu }) => cpu)))} of CPU`,
    megabytes(Math.max(...samples.map(({ peakMemory }) => peakMemory))),
  ].join('; '),
  against: '',
  ratio: '',
  budget: '',
  verdict: 'shown',
});

function answer({ millionItems, inFlight, rounds, folder, say }: Settings): Answer {
  say(`looks: a run of ${millionItems} items`);
  const [wide] = wideRuns({ items: millionItems, isolation: 'reuse', inFlight, folder }, 1);
  if (wide === undefined) throw new Error('nothing was run');
  const samples = commands(millionItems).map(([what, argv]) => {
    say(`looks: ${what}`);
    const times = argv[0] === 'resume' ? 1 : rounds;
    const taken = Array.from({ length: times }, () =>
      runLeat({ argv, inside: folder, home: wide.home, environment: { BENCH_ISOLATION: 'reuse' } }),
    );
    return [what, taken] as const;
  });
  const name = millionItems.toLocaleString('en');
  return {
    findings: samples.map(([what, taken]) => finding(`at ${name} tasks, ${what}`, taken)),
    samples: Object.fromEntries(samples),
  };
}

export const looks: Question = {
  name: 'looks',
  asks: 'show, list, get, logs, gc and resume of a run of 1,000,000: time, CPU and memory of each command',
  answer,
};
