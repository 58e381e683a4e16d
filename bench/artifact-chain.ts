// Design §6, row 6, its second half: an artifact of 100 MB that ten tasks do not touch is stored once and never read again. `artifact.ts` has the
// first half.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { countFiles } from './harness/count-files.ts';
import { flowFile, runLeat } from './harness/leat.ts';
import { verdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { newFolder } from './harness/work-folder.ts';

const megabytes = 100;
const tasks = 10;
/** A task reads Node's and the flow's code, which is far less than this; the artifact is far more. */
const codeAtMost = 4e6;

const inMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function answer({ folder, say }: Settings): Answer {
  if (!existsSync('/proc/self/io')) {
    say('artifact-chain: left out, it needs /proc/self/io (Linux)');
    return { findings: [], samples: [] };
  }
  say(`artifact-chain: ${megabytes} MB through ${tasks} tasks`);
  const report = path.join(newFolder(folder, 'artifact-chain'), 'bytes.txt');
  const argv = ['run', flowFile('artifact-chain'), '--bytes', String(megabytes * 1e6), '--report', report];
  const { home, wall, cpu } = runLeat({ argv, inside: folder });
  const read = readFileSync(report, 'utf8').trim().split('\n').map(Number);
  if (read.length !== tasks || !read.every((bytes) => bytes > 0)) {
    throw new Error(`${report} should hold ${tasks} numbers`);
  }
  const most = Math.max(...read);
  const stored = countFiles(home).bytes / (megabytes * 1e6);
  const row = (what: string, leat: string, budget: string, holds: boolean): Finding => ({
    what,
    leat,
    against: `${megabytes} MB artifact`,
    ratio: '',
    budget,
    verdict: verdict(holds),
  });
  return {
    findings: [
      row(`stored by ${tasks} tasks that leave it alone`, `${stored.toFixed(2)} times`, 'once', stored < 1.1),
      row(
        'most that one of these tasks reads',
        inMegabytes(most),
        `≤ ${inMegabytes(codeAtMost)}`,
        most <= codeAtMost,
      ),
    ],
    samples: { read, stored, wall, cpu },
  };
}

export const artifactChain: Question = {
  name: 'artifact-chain',
  asks: 'an artifact of 100 MB, unchanged through ten tasks: stored once, never re-read',
  answer,
};
