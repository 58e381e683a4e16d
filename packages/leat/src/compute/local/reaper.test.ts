import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Reaper } from './reaper.ts';

const patient = { timeout: 10_000 };

let groups: ChildProcess[];
let reaper: Reaper;
beforeEach(async () => {
  groups = Array.from({ length: 3 }, () => spawn('sleep', ['3600'], { detached: true, stdio: 'ignore' }));
  reaper = await Reaper.open();
});
afterEach(async () => {
  await reaper.close();
  for (const group of groups) group.kill('SIGKILL');
});

const numberOf = (group: number): number => groups[group]?.pid ?? 0;
const signals = (): readonly (string | null)[] => groups.map(({ signalCode }) => signalCode);

/** The shell that this process has started. */
function shell(): number | undefined {
  const numbers = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return numbers.find((number) => {
    try {
      const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${number}/stat`, 'utf8')) ?? [];
      return name === 'sh' && Number(parent) === process.pid;
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

it('ends what it has adopted and not forgotten, also when it was told in the last moment', async () => {
  reaper.adopt(numberOf(0));
  reaper.adopt(numberOf(1));
  reaper.forget(numberOf(0));
  reaper.adopt(numberOf(2));
  reaper.forget(numberOf(2));
  await reaper.close();
  await expect.poll(signals, patient).toEqual([null, 'SIGTERM', null]);
});

it('tells a shell that takes the place of one that died whom it has adopted, and nobody else', async () => {
  reaper.adopt(numberOf(0));
  reaper.adopt(numberOf(1));
  reaper.forget(numberOf(0));
  const first = shell() ?? 0;
  process.kill(first, 'SIGKILL');
  const another = (): boolean => ![undefined, first].includes(shell());
  await expect.poll(another, patient).toBe(true);
  reaper.adopt(numberOf(2));
  await reaper.close();
  await expect.poll(signals, patient).toEqual([null, 'SIGTERM', 'SIGTERM']);
});
