import path from 'node:path';
import { hasEnded, machineName } from './machine-name.ts';

const mark = '.leat-tmp-';

/** Its objects are spread over hundreds of folders, in which nobody wants to look for a single one. */
const spread = 'blobs/';

// A name for each process, and a counter: no clash with one that had the same number before. It is no secret, so it need not cost a system call.
const processName = Math.random().toString(36).slice(2);
let counter = 0;

/**
 * A name for an object that is still being written. `gc` knows such names and removes those that were left by a process that
 * was killed; keys and lists never show them.
 */
export function temporaryName(): string {
  counter += 1;
  return `${mark}${machineName()}-${process.pid}-${processName}-${counter}`;
}

/**
 * Where a file of the folder `root` is while it is being written: beside its place, and a blob above the folders that blobs are spread over, so
 * that what a killed process has left is found without going through all of them.
 */
export function temporaryPath(root: string, file: string): string {
  const above = path.join(root, spread);
  return (file.startsWith(above) ? above : path.dirname(file) + path.sep) + temporaryName();
}

/** Whether all that is still being written below a folder lies directly in it. `prefix`: its name with its `/`. */
export const isSpread = (prefix: string): boolean => prefix === spread;

/** Whether a file's name was made by {@link temporaryName}. */
export const isTemporaryName = (name: string): boolean => name.startsWith(mark);

/** Whether the process that made a name was one of this machine, and is gone. */
export function writerIsDead(name: string): boolean {
  const { machine, pid } = /^\.leat-tmp-(?<machine>[\da-f]+)-(?<pid>\d+)-/.exec(name)?.groups ?? {};
  return machine !== undefined && machine === machineName() && hasEnded(Number(pid));
}
