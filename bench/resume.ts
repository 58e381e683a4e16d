// Design §6, row 7: `resume` of a run of 10,000 tasks of which one failed: how long until the first new task starts.
import { countFiles } from './harness/count-files.ts';
import { megabytes, milliseconds, seconds } from './harness/figures.ts';
import { untilFirstTask, type FirstTask } from './harness/first-task.ts';
import { flowFile, runLeat, type LeatRun } from './harness/leat.ts';
import type { Sample } from './harness/measure.ts';
import { median } from './harness/median.ts';
import { installMetaflow, runMetaflow } from './harness/metaflow.ts';
import { wallVerdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import type { Isolation } from './harness/wide-run.ts';

const budget = 2;

interface Resumed extends FirstTask {
  /** Files that the resumed run added. */
  readonly added: number;
}

/** Runs `resume` over a store, and counts what that adds. */
function resumed(
  folder: string,
  store: string,
  command: (environment: Readonly<Record<string, string>>) => Sample,
): Resumed {
  const before = countFiles(store).files;
  const sample = untilFirstTask(folder, command);
  return { ...sample, added: countFiles(store).files - before };
}

interface LeatSide {
  readonly failed: LeatRun;
  readonly again: readonly Resumed[];
}

function leatSide(isolation: Isolation, { rounds, resumeItems, inFlight, folder, say }: Settings): LeatSide {
  const workers = ['--max-workers', String(inFlight)];
  const isolated = { BENCH_ISOLATION: isolation };
  say(`resume: a run of ${resumeItems} items (isolation '${isolation}'), the last of which fails`);
  const argv = ['run', flowFile('resume'), '--items', String(resumeItems), ...workers];
  const failed = runLeat({ argv, inside: folder, exitCode: 1, environment: isolated });
  say(`resume: ${rounds} times`);
  const again = Array.from({ length: rounds }, () =>
    resumed(folder, failed.home, (environment) =>
      runLeat({
        argv: ['resume', 'ResumeFlow/1', ...workers],
        home: failed.home,
        inside: folder,
        environment: { ...environment, ...isolated },
      }),
    ),
  );
  return { failed, again };
}

function metaflowSide({ metaflowItems, inFlight, folder, say }: Settings): Resumed | undefined {
  if (metaflowItems === 0) return undefined;
  installMetaflow(say);
  say(`resume: ${metaflowItems} items in Metaflow, the last of which fails`);
  const limits = ['--max-workers', String(inFlight), '--max-num-splits', String(metaflowItems)];
  const argv = ['run', '--items', String(metaflowItems), ...limits];
  const failed = runMetaflow({ flow: 'resume', argv, inside: folder, exitCode: 1 });
  return resumed(folder, failed.folder, (environment) =>
    runMetaflow({
      flow: 'resume',
      argv: ['resume', ...limits],
      folder: failed.folder,
      inside: folder,
      environment,
    }),
  );
}

const shown = (what: string, leat: string, against = ''): Finding => ({
  what,
  leat,
  against,
  ratio: '',
  budget: '',
  verdict: 'shown',
});

function firstTask(
  items: number,
  again: readonly Resumed[],
  ways: { how: string; against: string },
): Finding {
  const first = median(again.map((resume) => resume.first));
  return {
    ...shown(
      `resume of ${items} tasks${ways.how}, one failed: until the first new task runs`,
      seconds(first),
    ),
    against: ways.against,
    budget: `≤ ${budget} s`,
    verdict: wallVerdict(first <= budget, again),
  };
}

function answer(settings: Settings): Answer {
  const { resumeItems, metaflowItems } = settings;
  const { failed, again } = leatSide('process', settings);
  const reused = leatSide('reuse', settings);
  const metaflow = metaflowSide(settings);
  const beside = (text: (resume: Resumed) => string): string =>
    metaflow === undefined ? '' : `${text(metaflow)} Metaflow, ${metaflowItems} items`;
  const findings: Finding[] = [
    firstTask(resumeItems, again, { how: '', against: beside(({ first }) => seconds(first)) }),
    firstTask(resumeItems, reused.again, { how: ' of reused processes', against: '' }),
    shown(
      'the same, the whole command (one task, the join, end); of reused processes',
      [again, reused.again].map((runs) => seconds(median(runs.map(({ wall }) => wall)))).join('; '),
      beside(({ wall }) => seconds(wall)),
    ),
    shown(
      'CPU of a reused task, the whole command shared out',
      milliseconds(median(again.map(({ cpu }) => cpu)) / resumeItems),
      beside(({ cpu }) => milliseconds(cpu / metaflowItems)),
    ),
    shown(
      'files that the resumed run adds',
      String(median(again.map(({ added }) => added))),
      beside(({ added }) => String(added)),
    ),
    shown(
      `engine's peak memory: the first run, the resumed one`,
      `${megabytes(failed.peakMemory)}, ${megabytes(median(again.map(({ peakMemory }) => peakMemory)))}`,
    ),
  ];
  return { findings, samples: { failed, again, reused, metaflow } };
}

export const resume: Question = {
  name: 'resume',
  asks: 'resume of a run of 10,000 tasks with one failure: at most 2 s until the first new task',
  answer,
};
