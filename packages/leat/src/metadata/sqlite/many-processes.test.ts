import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteStore } from './sqlite-store.ts';

const program = join(import.meta.dirname, 'busy-process.fixture.ts');
const start = promisify(execFile);
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

it('serves many processes at once, from the moment that the file does not exist', async () => {
  const file = join(folder, 'deep', 'metadata.db');
  const roles = ['write', 'read', 'write', 'read', 'write', 'write'];
  const rounds = 60;
  await Promise.all(roles.map((role) => start(process.execPath, [program, file, role, String(rounds)])));

  const store = await openSqliteStore(file);
  const runs = await store.runs({ flow: 'Busy' });
  expect(runs.map(({ id }) => id)).toEqual(['4', '3', '2', '1']);
  for (const { id, lastSeq, tags } of runs) {
    expect(lastSeq).toBe(2 * rounds);
    expect(tags).toHaveLength(10);
    expect(await store.steps('Busy', id)).toMatchObject([{ total: rounds, byStatus: { failed: rounds } }]);
  }
  await store.close();
}, 60_000);
