import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFsDatastore } from '../datastore/fs/fs-datastore.ts';
import type { RunEvent } from '../metadata/events.ts';
import type { RunRecord } from '../metadata/metadata-store.ts';
import { Deaths } from './deaths.ts';

const run = { flow: 'F', id: '1', package: 'abc' } as RunRecord;

const failed = (reason: string, signal?: string): RunEvent => ({
  type: 'attempt-failed',
  at: 1,
  task: 'work',
  attempt: 0,
  failure: { reason, type: 'Error', message: reason, ...(signal && { signal }) },
});

const chunkEnded = (returned: readonly number[]): RunEvent => ({
  type: 'chunk-ended',
  at: 1,
  token: 't',
  returned,
});

/** The name that a process which is dead now gave to what it was writing. */
function nameOfTheDead(): string {
  const module = new URL('../datastore/fs/temporary-name.ts', import.meta.url).href;
  const script = `import { temporaryName } from ${JSON.stringify(module)}; console.log(temporaryName());`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).trim();
}

describe('what killed processes have left', () => {
  let root: string;
  let left: string;
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'leat-deaths-'));
    left = path.join(root, 'runs/F/1/work', nameOfTheDead());
    mkdirSync(path.dirname(left), { recursive: true });
    writeFileSync(left, 'half');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it.each([
    ['a process was killed', 1, [failed('exit', 'SIGKILL')], false],
    ['a task ran too long', 1, [failed('timeout')], false],
    ['a process was killed between two tasks', 1, [chunkEnded([2, 3])], false],
    ['a chunk was done', 1, [chunkEnded([])], true],
    ['a process ended by itself', 1, [failed('exit')], true],
    ['an engine before was', 2, [], false],
    ['steps threw', 1, [failed('error')], true],
    ['all went well', 1, [], true],
  ])('when %s: is it still there?', async (_what, epoch, events, stays) => {
    const deaths = new Deaths(epoch);
    deaths.applied(events);
    await deaths.sweep(openFsDatastore(root), run);
    expect(existsSync(left)).toBe(stays);
  });

  it('is found where blobs and the code of the run are written, without a look into the folders of other blobs and packages', async () => {
    const name = path.basename(left);
    const at = (folder: string): string => path.join(root, folder, name);
    const folders = ['blobs', 'packages/abc/chunks', 'blobs/ab', 'packages/other'];
    for (const folder of folders) {
      mkdirSync(path.join(root, folder), { recursive: true });
      writeFileSync(at(folder), 'half');
    }
    await new Deaths(2).sweep(openFsDatastore(root), run);
    expect(folders.filter((folder) => existsSync(at(folder)))).toEqual(['blobs/ab', 'packages/other']);
  });

  it('is left to others when it cannot be looked for', async () => {
    const datastore = openFsDatastore(root);
    datastore.sweepTemporary = async () => Promise.reject(new Error('gone'));
    await expect(new Deaths(2).sweep(datastore, run)).resolves.toBeUndefined();
  });
});
