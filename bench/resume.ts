// Design §6, row 7: `resume` of a run of 10,000 tasks of which one failed: how long until the first new task starts.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { countFiles } from './harness/count-files.ts';
import { megabytes, milliseconds, seconds } from './harness/figures.ts';
import { flowFile, runLeat, type LeatRun } from './harness/leat.ts';
import type { Sample } from './harness/measure.ts';
import { median } from './harness/median.ts';
import { installMetaflow, runMetaflow } from './harness/metaflow.ts';
import { wallVerdict, type Answer, type Finding, type Question, type Settings } from './harness/question.ts';
import { newFolder } from './harness/work-folder.ts';

const budget = 2;

interface Resumed extends Sample {
  /** Seconds from the start of the command until the first new task's own code runs. */
  readonly first: number;
  /** Files that the resumed run added. */
  readonly added: number;
}

/** Runs `resume`, with a file for the task to write the time into. */
function resumed(
  folder: string,
  store: string,
  command: (environment: Record<string, string>) => Sample,
): Resumed {
  const mark = path.join(newFolder(folder, 'resume'), 'mark.txt');
  const before = countFiles(store).files;
  const sample = command({ BENCH_MARK: mark });
  const first = (Number(readFileSync(mark, 'utf8').trim()) - sample.startedAt) / 1000;
  return { ...sample, first, added: countFiles(store).files - before };
}

function leatSide({ rounds, resumeItems, inFlight, folder, say }: Settings): {
  failed: LeatRun;
  again: Resumed[];
} {
  const workers = ['--max-workers', String(inFlight)];
  say(`resume: a run of ${resumeItems} items, the last of which fails`);
  const argv = ['run', flowFile('resume'), '--items', String(resumeItems), ...workers];
  const failed = runLeat({ argv, inside: folder, exitCode: 1 });
  const [run] = readdirSync(path.join(failed.home, 'store/runs/ResumeFlow'));
  say(`resume: ${rounds} times`);
  const again = Array.from({ length: rounds }, () =>
    resumed(folder, failed.home, (environment) =>
      runLeat({
        argv: ['resume', `ResumeFlow/${run}`, ...workers],
        home: failed.home,
        inside: folder,
        environment,
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

function answer(settings: Settings): Answer {
  const { failed, again } = leatSide(settings);
  const metaflow = metaflowSide(settings);
  const first = median(again.map((resume) => resume.first));
  const beside = (text: (resume: Resumed) => string): string =>
    metaflow === undefined ? '' : `${text(metaflow)} Metaflow, ${settings.metaflowItems} items`;
  const shown = (what: string, leat: string, against: string): Finding => ({
    what,
    leat,
    against,
    ratio: '',
    budget: '',
    verdict: 'shown',
  });
  const findings: Finding[] = [
    {
      what: `resume of ${settings.resumeItems} tasks, one failed: until the first new task runs`,
      leat: seconds(first),
      against: beside((resume) => seconds(resume.first)),
      ratio: '',
      budget: `≤ ${budget} s`,
      verdict: wallVerdict(first <= budget, again),
    },
    shown(
      'the same, the whole command (one task, the join, end)',
      seconds(median(again.map(({ wall }) => wall))),
      beside(({ wall }) => seconds(wall)),
    ),
    shown(
      'CPU of a reused task, the whole command shared out',
      milliseconds(median(again.map(({ cpu }) => cpu)) / settings.resumeItems),
      beside(({ cpu }) => milliseconds(cpu / settings.metaflowItems)),
    ),
    shown(
      'files that the resumed run adds',
      String(median(again.map(({ added }) => added))),
      beside(({ added }) => String(added)),
    ),
    shown(
      `engine's peak memory: the first run, the resumed one`,
      `${megabytes(failed.peakMemory)}, ${megabytes(median(again.map(({ peakMemory }) => peakMemory)))}`,
      '',
    ),
  ];
  return { findings, samples: { failed, again, metaflow } };
}

export const resume: Question = {
  name: 'resume',
  asks: 'resume of a run of 10,000 tasks with one failure: at most 2 s until the first new task',
  answer,
};
