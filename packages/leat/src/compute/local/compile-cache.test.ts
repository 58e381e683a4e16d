import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compileCache } from './compile-cache.ts';

let temporary = '';
let own = '';
beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'leat-test-'));
  own = path.join(temporary, `leat-compile-${process.getuid?.()}`);
});
afterEach(() => rmSync(temporary, { recursive: true, force: true }));

it('is a folder of the home, or none where the user has named one', () => {
  const home = { HOME: '/home/ada' };
  expect(compileCache(home, temporary)).toBe('/home/ada/.cache/leat/compile');
  expect(compileCache({ ...home, XDG_CACHE_HOME: '/cache' }, temporary)).toBe('/cache/leat/compile');
  expect(compileCache({ ...home, NODE_COMPILE_CACHE: '/mine' }, temporary)).toBeUndefined();
});

it('is closed to others where there is no home', () => {
  expect(compileCache({}, temporary)).toBe(own);
  expect(statSync(own).mode & 0o777).toBe(0o700);
  expect(compileCache({}, temporary)).toBe(own);
});

it.each([
  [
    'a folder that others may write to',
    () => {
      mkdirSync(own);
      chmodSync(own, 0o777);
    },
  ],
  [
    'a link to a folder',
    () => {
      mkdirSync(`${own}-other`, { mode: 0o700 });
      symlinkSync(`${own}-other`, own);
    },
  ],
  ['a file', () => writeFileSync(own, '')],
])('is none where the name is taken by %s', (_, take) => {
  take();
  expect(compileCache({}, temporary)).toBeUndefined();
});
