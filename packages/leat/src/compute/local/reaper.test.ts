import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Reaper } from './reaper.ts';

const patient = { timeout: 10_000 };
vi.setConfig({ testTimeout: 30_000 });

let groups: ChildProcess[];
let reaper: Reaper;
beforeEach(async () => {
  groups = Array.from({ length: 3 }, () => spawn('sleep', ['3600'], { detached: true, stdio: 'ignore' }));
  reaper = await Reaper.open();
});
afterEach(async () => {
  for (const group of groups) group.kill('SIGKILL');
  await reaper.close();
});

/** Never 0, which stands for the group of whoever signals it. */
function given(number: number | undefined): number {
  if (number === undefined) throw new Error('a process is not there');
  return number;
}

const numberOf = (group: number): number => given(groups[group]?.pid);
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

it.skipIf(!existsSync('/proc'))(
  'tells a shell that takes the place of one that died whom it has adopted, and nobody else',
  async () => {
    reaper.adopt(numberOf(0));
    reaper.adopt(numberOf(1));
    reaper.forget(numberOf(0));
    const first = given(shell());
    process.kill(first, 'SIGKILL');
    const another = (): boolean => ![undefined, first].includes(shell());
    await expect.poll(another, patient).toBe(true);
    reaper.adopt(numberOf(2));
    await reaper.close();
    await expect.poll(signals, patient).toEqual([null, 'SIGTERM', 'SIGTERM']);
  },
);
