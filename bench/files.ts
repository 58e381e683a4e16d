// Design §6, row 8: files that a task leaves in a folder datastore when its artifacts are small, against Metaflow.
import { countFiles, type FileCount } from './harness/count-files.ts';
import { flowFile, runLeat } from './harness/leat.ts';
import { installMetaflow, runMetaflow } from './harness/metaflow.ts';
import { verdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';

const budget = 2;
/** A file for each task shows in the difference of two runs, whatever a run leaves once. */
const [few, many] = [5, 25];

/** What one more task leaves, and what a whole run leaves. */
interface Left {
  readonly files: number;
  readonly bytes: number;
  readonly allocated: number;
  readonly run: FileCount;
}

function leftByATask(countAfter: (items: number) => FileCount): Left {
  const [small, large] = [countAfter(few), countAfter(many)];
  const each = (key: keyof FileCount): number => (large[key] - small[key]) / (many - few);
  return { files: each('files'), bytes: each('bytes'), allocated: each('allocated'), run: large };
}

const describe = ({ files, allocated }: Left): string =>
  `${files.toFixed(1)}, ${(allocated / 1024).toFixed(0)} KiB of disk`;

function answer({ metaflowItems, inFlight, folder, say }: Settings): Answer {
  const workers = ['--max-workers', String(inFlight)];
  const leat = (talk: boolean): Left =>
    leftByATask((items) => {
      const argv = [
        'run',
        flowFile('foreach'),
        '--items',
        String(items),
        ...workers,
        ...(talk ? ['--talk'] : []),
      ];
      return countFiles(runLeat({ argv, inside: folder }).home);
    });
  say('files: what tasks of Leat leave');
  const silent = leat(false);
  const talking = leat(true);
  const metaflow = metaflowItems > 0 ? metaflowSide(workers, folder, say) : undefined;
  const row = (what: string, left: Left): Finding => ({
    what,
    leat: describe(left),
    against: metaflow === undefined ? '' : `${describe(metaflow)} Metaflow`,
    ratio: metaflow === undefined ? '' : `1/${(metaflow.files / left.files).toFixed(0)}`,
    budget: `≤ ${budget}`,
    verdict: verdict(left.files <= budget),
  });
  return {
    findings: [row('files that one more task leaves', silent), row('the same, a task that prints', talking)],
    samples: { silent, talking, metaflow },
  };
}

function metaflowSide(workers: readonly string[], folder: string, say: (text: string) => void): Left {
  installMetaflow(say);
  say('files: what tasks of Metaflow leave');
  return leftByATask((items) => {
    const argv = ['run', '--items', String(items), ...workers];
    return countFiles(runMetaflow({ flow: 'foreach', argv, inside: folder }).folder);
  });
}

export const files: Question = {
  name: 'files',
  asks: 'files that a task with small artifacts leaves in a folder datastore: at most 2',
  answer,
};
