/** What runs on this machine, as /proc tells it: tests ask whether anything of a run was left behind. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

/** Pids of live processes whose environment has `name=value` (zombies have none). */
export function processesWith(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(wanted);
      } catch {
        return false; // it ended while we looked, or is not ours
      }
    })
    .map(Number);
}

/** Waits until there is none; fails with the rest after the deadline. */
export async function noneLeft(name: string, value: string, deadlineMs = 15_000): Promise<void> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const left = processesWith(name, value);
    if (left.length === 0) return;
    if (Date.now() > until) throw new Error(`left behind: ${left.join(', ')}`);
    await setTimeout(50);
  }
}
