// Design §6, row 5: the bytes that the task of a foreach item reads do not grow with the number of items.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { megabytes } from './harness/figures.ts';
import { flowFile, runLeat } from './harness/leat.ts';
import { median } from './harness/median.ts';
import { verdict, type Answer, type Finding, type Question } from './harness/question.ts';
import type { Settings } from './harness/settings.ts';
import { newFolder } from './harness/work-folder.ts';

/** Digits of counts and offsets may grow: less than one item of 1 KiB. */
const slack = 512;
/** Tasks that are measured of each run. The run ends after them: what task 90,000 would read, these do. */
const enough = 10;

interface Split {
  readonly items: number;
  /** Bytes that each measured task's process read. */
  readonly read: readonly number[];
  /** VmHWM of the engine. */
  readonly peakMemory: number;
  readonly wall: number;
}

function splitInto(items: number, { inFlight, folder, say }: Settings): Split {
  say(`item-bytes: a split into ${items} items of 1 KiB`);
  const report = path.join(newFolder(folder, 'item-bytes'), 'bytes.txt');
  const argv = [
    'run',
    flowFile('item-bytes'),
    '--items',
    String(items),
    '--enough',
    String(enough),
    '--report',
    report,
  ];
  const { peakMemory, wall } = runLeat({
    argv: [...argv, '--max-workers', String(inFlight)],
    inside: folder,
    // The task after the measured ones fails on purpose; with exactly as many items there is none.
    exitCode: items > enough ? 1 : 0,
  });
  const read = readFileSync(report, 'utf8').trim().split('\n').map(Number);
  if (read.length !== enough || !read.every((bytes) => bytes > 0))
    throw new Error(`${report} should hold ${enough} numbers`);
  return { items, read, peakMemory, wall };
}

function answer(settings: Settings): Answer {
  if (!existsSync('/proc/self/io')) {
    settings.say('item-bytes: left out, it needs /proc/self/io (Linux)');
    return { findings: [], samples: [] };
  }
  const widths = [10, 1000, settings.widestSplit];
  // The first run fills the compile cache, which is read less by a process that has to write it.
  splitInto(10, settings);
  const [narrow, ...wide] = widths.map((items) => splitInto(items, settings)) as [Split, ...Split[]];
  const findings = wide.map((split): Finding => {
    const growth = Math.max(...split.read) - Math.max(...narrow.read);
    return {
      what: `bytes that a task of ${split.items} items reads`,
      leat: String(median(split.read)),
      against: `${median(narrow.read)} of 10 items`,
      ratio: `${growth > 0 ? '+' : ''}${growth} B`,
      budget: `≤ +${slack} B`,
      verdict: verdict(growth <= slack),
    };
  });
  const widest = wide.at(-1) ?? narrow;
  findings.push({
    what: `engine's peak memory with ${widest.items} items of 1 KiB waiting`,
    leat: megabytes(widest.peakMemory),
    against: `${megabytes(narrow.peakMemory)} of 10 items`,
    ratio: '',
    budget: '',
    verdict: 'shown',
  });
  return { findings, samples: [narrow, ...wide] };
}

export const itemBytes: Question = {
  name: 'item-bytes',
  asks: 'the bytes that a foreach item reads do not grow with the number of items',
  answer,
};
