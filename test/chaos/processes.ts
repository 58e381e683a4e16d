/** The processes of one chaos, told apart by what they are to Leat, and what they leave in files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Leat } from '../cli/leat.ts';

/** What a process is to Leat. */
export type Part = 'engine' | 'spawner' | 'reaper' | 'task' | 'other';

export interface Found {
  readonly pid: number;
  readonly part: Part;
  readonly command: string;
}

function partOf(command: string): Part {
  if (command.includes('spawner.cjs')) return 'spawner';
  if (command.includes('runner.cjs')) return 'task';
  if (command.includes('bin/leat.js')) return 'engine';
  return command.startsWith('/bin/sh -c') && command.includes('kill -s TERM') ? 'reaper' : 'other';
}

/** All that live, as of now. */
export function processesOf(leat: Leat): Found[] {
  return leat.processes().flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return command === '' ? [] : [{ pid, part: partOf(command), command }];
    } catch {
      return []; // it has just ended
    }
  });
}

/** Signals a process, or with a negative number its group; one that is gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What is still there after this long, in milliseconds; each as a line. */
export async function lingering(leat: Leat, deadlineMs: number): Promise<readonly string[]> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const left = processesOf(leat);
    if (left.length === 0) return [];
    if (performance.now() > until)
      return left.map(({ pid, command }) => `process ${pid}: ${command.slice(0, 160)}`);
    await setTimeout(100);
  }
}

const isUnfinished = /^\.leat-tmp-|\.part$|\.draft$|-(?:wal|shm|journal)$/;

/** Files that somebody who has died would have removed: each as a line. */
export function unfinishedFiles(folders: {
  readonly temporary: string;
  readonly kept: readonly string[];
}): readonly string[] {
  const all = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const kept = folders.kept.flatMap(all).filter((file) => isUnfinished.test(file.split('/').at(-1) ?? ''));
  return [...all(folders.temporary), ...kept].map((file) => `file ${file}`);
}
