/** Which processes this one could see: a process that it does not see is dead only when it is one of those. */
import { hash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** As many as make a machine's name unlike any other's. */
const digits = 12;

let known: string | undefined;

/** The same for all processes that number each other alike: a machine since it was started, on Linux also a container. Hexadecimal digits. */
export function machineName(): string {
  known ??= linuxName() ?? hash('sha256', hostname()).slice(0, digits);
  return known;
}

function linuxName(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').replaceAll('-', '');
    // `pid:[4026531836]`: the processes that are numbered together.
    const space = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
    return boot.slice(0, digits) + Number(space).toString(16);
  } catch {
    return undefined;
  }
}

/** Whether no process of this machine that runs has the number. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return isDefunct(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** It has ended, and nobody has asked how: a container may have no process that does. */
function isDefunct(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
