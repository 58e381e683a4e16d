import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

test('a thousand simulated runs come to their predicted results, whatever goes wrong in them', async () => {
  const told = await promisify(execFile)(
    process.execPath,
    ['scripts/simulate.ts', '--seeds', '1000', '--jobs', '2'],
    { cwd: root },
  ).catch((error: unknown) => error as { readonly stdout: string });
  expect(told.stdout).toMatch(/^1000 seeds in .*; 0 wrong$/m);
});
