/** Which processes this one could see: a process that it does not see is dead only when it is one of those. */
import { hash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

let known: string | undefined;

/** The same for all processes that number each other alike: a machine since it was started, on Linux also a container. Hexadecimal digits. */
export function machineName(): string {
  known ??= hash('sha256', Buffer.from(facts().join('\n'))).slice(0, 12);
  return known;
}

function facts(): readonly string[] {
  try {
    return [readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), readlinkSync('/proc/self/ns/pid')];
  } catch {
    return [hostname()];
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
