import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { makePipeFolder, removeOrphanedFolders } from './pipe-folders.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-pipe-folders-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it('removes the folders of engines that are dead, with what is in them, and no others', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const dead = path.join(folder, `leat-pipes-${pid}-abcdef`);
  mkdirSync(dead);
  writeFileSync(path.join(dead, '0.in'), '');
  const other = path.join(folder, `of-a-user-${pid}-abcdef`);
  mkdirSync(other);
  const own = await makePipeFolder();
  await removeOrphanedFolders();
  expect([dead, other, own].map((each) => existsSync(each))).toEqual([false, true, true]);
});

it('does without a temporary folder that can be read', async () => {
  vi.stubEnv('TMPDIR', path.join(folder, 'none'));
  await expect(removeOrphanedFolders()).resolves.toBeUndefined();
});
