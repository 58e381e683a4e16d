import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Sample } from './measure.ts';
import { newFolder } from './work-folder.ts';

/** A command, and when the first new task of its run began. */
export interface FirstTask extends Sample {
  /** Seconds from the start of the command until the first new task's own code runs. */
  readonly first: number;
}

/** Runs a command whose first new task writes the time to the file that `BENCH_MARK` names. */
export function untilFirstTask(
  inside: string,
  command: (environment: Readonly<Record<string, string>>) => Sample,
): FirstTask {
  const mark = path.join(newFolder(inside, 'mark'), 'mark.txt');
  const sample = command({ BENCH_MARK: mark });
  return { ...sample, first: (Number(readFileSync(mark, 'utf8').trim()) - sample.startedAt) / 1000 };
}
