/**
 * Names an engine of Leat so that another one can tell whether it still lives: by the start of the system, the space of process numbers, the
 * number, and the start of the process. Numbers of processes are given again; all four together are not.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A name of this process, fit for a label. */
export function ownName(pid: number = process.pid): string {
  return [systemName(), pid, startOf(pid) ?? 'unknown'].join('.');
}

/**
 * Whether the process of that name has ended. What cannot be known from here, since it was named on another machine or in another space of
 * process numbers, is taken to live.
 */
export function isGone(name: string): boolean {
  const [system, pid, start] = splitName(name);
  if (system !== systemName() || !Number.isSafeInteger(pid) || pid <= 0) return false;
  if (start !== 'unknown') return startOf(pid) !== start;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function splitName(name: string): readonly [string, number, string] {
  const parts = name.split('.');
  return [parts.slice(0, -2).join('.'), Number(parts.at(-2)), parts.at(-1) ?? ''];
}

function systemName(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const space = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '';
    return `${boot}.${space}`;
  } catch {
    return hostname();
  }
}

/** Field 22 of `/proc/<pid>/stat`: ticks since the system began. The name before it may hold anything. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
