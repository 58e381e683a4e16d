import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from './database.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

it('lets timers have their turn while somebody reads page after page', async () => {
  const database = await Database.open(join(folder, 'metadata.db'));
  const had = { turn: false };
  const timer = setTimeout(() => {
    had.turn = true;
  }, 1);
  // Ends when the timer ran: a reader that keeps it from it reads on and on.
  for (let page = 0; !had.turn && page < 300_000; page += 1) {
    await database.read(() => database.get('SELECT count(*) FROM runs'));
  }
  clearTimeout(timer);
  database.close();
  expect(had.turn).toBe(true);
});
