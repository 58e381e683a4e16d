/** Where this process finds the code package: in place when the datastore is a folder, else a copy of its own. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Datastore } from '../datastore/datastore.ts';
import { packagePrefix } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';

/** Entry of a code package: its default export is the flow. */
export const packageEntry = 'flow.js';

/** The folder with the files of the package. @throws LeatError STORE_CORRUPT when there is no such package. */
export async function packageFolder(store: Datastore, hash: string): Promise<string> {
  const prefix = packagePrefix(hash);
  const local = store.localPath(`${prefix}${packageEntry}`);
  return local === undefined ? copyPackage(store, prefix) : path.dirname(local);
}

async function copyPackage(store: Datastore, prefix: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'leat-package-'));
  let files = 0;
  for await (const { key } of store.list(prefix)) {
    const file = path.join(folder, key.slice(prefix.length));
    const bytes = await store.get(key);
    if (bytes === undefined) continue;
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    files += 1;
  }
  if (files > 0) return folder;
  throw new LeatError('STORE_CORRUPT', `there is no code package at '${store.url}/${prefix}'`, {
    hint: 'Run the flow again: it stores its package anew.',
  });
}
