import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isGone, ownName } from './owner.ts';

it('an engine is known to live, or to have ended', async () => {
  expect(isGone(ownName())).toBe(false);
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(other, 'spawn');
  const name = ownName(other.pid);
  expect(isGone(name)).toBe(false);
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(isGone(name)).toBe(true);
});

it('one of another machine, or with a name that cannot be read, is left alone', () => {
  const [, ...rest] = ownName().split('.');
  expect(isGone(['another', ...rest].join('.'))).toBe(false);
  expect(isGone('')).toBe(false);
});

it('a number that was given again is another process', () => {
  expect(isGone(ownName().replace(/\d+$/, '1'))).toBe(true);
});
