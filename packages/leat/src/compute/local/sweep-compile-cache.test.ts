import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sweepCompileCache } from './sweep-compile-cache.ts';

const day = 24 * 60 * 60 * 1000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-compile-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function keep(name: string, days: number): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'code');
  const then = new Date(Date.now() - days * day);
  utimesSync(file, then, then);
  return file;
}

it('removes what is older than a month, of ours and of Node, and nothing else', async () => {
  const files = [keep('task-a', 31), keep('task-b', 29), keep('v26.0.0/1', 40), keep('v26.0.0/2', 0)];
  await sweepCompileCache(folder);
  expect(files.map((file) => existsSync(file))).toEqual([false, true, false, true]);
});

it('looks once a day', async () => {
  await sweepCompileCache(folder);
  const old = keep('task-a', 31);
  await sweepCompileCache(folder);
  expect(existsSync(old)).toBe(true);
  await sweepCompileCache(folder, undefined, Date.now() + 2 * day);
  expect(existsSync(old)).toBe(false);
});

it('removes the drafts of writers that were killed, and leaves those of others', async () => {
  const files = [keep('task-a.draft', 0.01), keep('task-b.draft', 0)];
  await sweepCompileCache(folder);
  expect(files.map((file) => existsSync(file))).toEqual([false, true]);
});

it('looks again when the clock had stood ahead', async () => {
  keep('swept', -400);
  const old = keep('task-a', 31);
  await sweepCompileCache(folder);
  expect(existsSync(old)).toBe(false);
});

it('ends with its engine', async () => {
  const old = keep('task-a', 31);
  await sweepCompileCache(folder, AbortSignal.abort());
  expect(existsSync(old)).toBe(true);
});

it('does without a folder', async () => {
  await expect(sweepCompileCache(path.join(folder, 'none'))).resolves.toBeUndefined();
});
