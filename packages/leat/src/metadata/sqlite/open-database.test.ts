import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explainSqliteError } from './sqlite-errors.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
  file = join(folder, 'metadata.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

function withDatabase(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe('opening the metadata', () => {
  it('refuses what a newer Leat wrote, and says what to do', async () => {
    await (await openSqliteStore(file)).close();
    withDatabase('PRAGMA user_version = 99');
    await expect(openSqliteStore(file)).rejects.toMatchObject({
      code: 'METADATA_SCHEMA',
      message: expect.stringContaining('version 99') as string,
      hint: expect.stringContaining('npm install leat@latest') as string,
    });
  });

  it('refuses the database of another program', async () => {
    withDatabase('CREATE TABLE theirs (x); PRAGMA user_version = 1');
    await expect(openSqliteStore(file)).rejects.toMatchObject({
      code: 'METADATA_SCHEMA',
      message: expect.stringContaining('another program') as string,
    });
  });

  it('names a file that is no database, and what to do', async () => {
    writeFileSync(file, 'this is not a database, however long it may be: '.repeat(100));
    await expect(openSqliteStore(file)).rejects.toMatchObject({
      code: 'METADATA_UNAVAILABLE',
      message: `the metadata in '${file}' is damaged, or is no SQLite database`,
      hint: expect.stringContaining('.recover') as string,
    });
  });

  it('names a file that was cut short', async () => {
    const store = await openSqliteStore(file);
    await store.close();
    truncateSync(file, Math.floor(statSync(file).size / 2));
    await expect(openSqliteStore(file).then((opened) => opened.runs({}))).rejects.toMatchObject({
      code: 'METADATA_UNAVAILABLE',
    });
  });

  it('names a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const inside = join(folder, 'file', 'metadata.db');
    await expect(openSqliteStore(inside)).rejects.toMatchObject({
      code: 'METADATA_UNAVAILABLE',
      message: expect.stringContaining(inside) as string,
    });
  });

  it('names a folder where the file should be', async () => {
    mkdirSync(file);
    await expect(openSqliteStore(file)).rejects.toMatchObject({
      code: 'METADATA_UNAVAILABLE',
      message: `the metadata in '${file}' cannot be opened`,
    });
  });

  it('says that the disk is full', () => {
    // A bound on the file's pages is what a full disk is to SQLite.
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE more (x); PRAGMA max_page_count = 2');
    let error: unknown;
    try {
      database.exec('INSERT INTO more VALUES (zeroblob(100000))');
    } catch (thrown) {
      error = explainSqliteError(thrown, file);
    }
    database.close();
    expect(error).toMatchObject({
      code: 'METADATA_UNAVAILABLE',
      message: `the metadata in '${file}' cannot grow: the disk is full`,
    });
  });
});
