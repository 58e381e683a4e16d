import { randomBytes } from 'node:crypto';
import { hasEnded, machineName } from './machine-name.ts';

const mark = '.leat-tmp-';

// One random name for each process and a counter: no system call and no clash, also between machines that share a folder.
const processName = randomBytes(6).toString('hex');
let counter = 0;

/**
 * A name for an object that is still being written. `gc` knows such names and removes those that were left by a process that
 * was killed; keys and lists never show them.
 */
export function temporaryName(): string {
  counter += 1;
  return `${mark}${machineName()}-${process.pid}-${processName}-${counter}`;
}

/** Whether a file's name was made by {@link temporaryName}. */
export const isTemporaryName = (name: string): boolean => name.startsWith(mark);

/** Whether the process that made a name was one of this machine, and is gone. */
export function writerIsDead(name: string): boolean {
  const { machine, pid } = /^\.leat-tmp-(?<machine>[\da-f]+)-(?<pid>\d+)-/.exec(name)?.groups ?? {};
  return machine !== undefined && machine === machineName() && hasEnded(Number(pid));
}
