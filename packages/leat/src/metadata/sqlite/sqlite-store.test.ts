import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metadataConformance } from '@leat/testing';
import { afterEach, beforeEach, describe, it } from 'vitest';
import type { MetadataStore } from '../metadata-store.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
const opened: MetadataStore[] = [];

async function connect(): Promise<MetadataStore> {
  const store = await openSqliteStore(join(folder, 'metadata.db'));
  opened.push(store);
  return store;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
});

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true });
});

describe('the SQLite store keeps every promise of a metadata store', () => {
  for (const { name, run } of metadataConformance) {
    it(name, async () => run({ store: await connect(), connect }));
  }
});
