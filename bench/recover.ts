// The engine is killed when all but the last of 10,000 tasks are done: how long until `recover` starts that one again.
import { cpSync } from 'node:fs';
import { megabytes, seconds } from './harness/figures.ts';
import { untilFirstTask, type FirstTask } from './harness/first-task.ts';
import { flowFile, runLeat } from './harness/leat.ts';
import { median } from './harness/median.ts';
import { wallVerdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import type { Isolation } from './harness/wide-run.ts';
import { newFolder } from './harness/work-folder.ts';

const budget = 2;
/** What a command exits with, to Python, that SIGKILL has ended. */
const killed = -9;

const names: Readonly<Record<Isolation, string>> = {
  process: 'a fresh process each',
  reuse: 'reused processes',
};

/** Each round recovers a copy of the same killed run. */
function recovered(isolation: Isolation, settings: Settings): readonly FirstTask[] {
  const { rounds, resumeItems, inFlight, folder, say } = settings;
  say(`recover: a run of ${resumeItems} items, ${names[isolation]}, whose engine is killed at the last one`);
  const { home } = runLeat({
    argv: ['run', flowFile('recover'), '--items', String(resumeItems), '--max-workers', String(inFlight)],
    inside: folder,
    environment: { BENCH_ISOLATION: isolation },
    exitCode: killed,
  });
  say(`recover: ${rounds} times`);
  return Array.from({ length: rounds }, () => {
    const copy = newFolder(folder, 'recover');
    cpSync(home, copy, { recursive: true });
    return untilFirstTask(folder, (environment) =>
      runLeat({ argv: ['recover', 'RecoverFlow/1'], home: copy, inside: folder, environment }),
    );
  });
}

function rowsOf(isolation: Isolation, runs: readonly FirstTask[], items: number): readonly Finding[] {
  const first = median(runs.map((run) => run.first));
  return [
    {
      what: `recover of ${items} tasks, ${names[isolation]}, engine killed: until the last task runs again`,
      leat: seconds(first),
      against: '',
      ratio: '',
      budget: `≤ ${budget} s`,
      verdict: wallVerdict(first <= budget, runs),
    },
    {
      what: 'the same, the whole command; peak memory of its engine',
      leat: `${seconds(median(runs.map(({ wall }) => wall)))}, ${megabytes(median(runs.map(({ peakMemory }) => peakMemory)))}`,
      against: '',
      ratio: '',
      budget: '',
      verdict: 'shown',
    },
  ];
}

function answer(settings: Settings): Answer {
  const samples = {
    process: recovered('process', settings),
    reuse: recovered('reuse', settings),
  };
  const findings = (['process', 'reuse'] as const).flatMap((isolation) =>
    rowsOf(isolation, samples[isolation], settings.resumeItems),
  );
  return { findings, samples };
}

export const recover: Question = {
  name: 'recover',
  asks: 'recover of a run of 10,000 tasks whose engine was killed: at most 2 s until the first new task',
  answer,
};
