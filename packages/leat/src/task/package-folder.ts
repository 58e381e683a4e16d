/** Where this process finds the code package: in place when the datastore is a folder, else a copy of its own machine. */
import { randomUUID } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Datastore } from '../datastore/datastore.ts';
import { packagePrefix } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';
import { archiveKey } from '../package/portable/portable-package.ts';
import { unpack } from '../package/portable/unpack.ts';

/** Entry of a code package: its default export is the flow. */
export const packageEntry = 'flow.js';

/**
 * The folder with the files of the package.
 *
 * @param shared where packages are unpacked, once for all tasks of this machine
 * @throws LeatError STORE_CORRUPT when there is no such package, or it is not what was written.
 */
export async function packageFolder(store: Datastore, hash: string, shared?: string): Promise<string> {
  const local = store.localPath(`${packagePrefix(hash)}${packageEntry}`);
  if (local !== undefined) return path.dirname(local);
  const folder = path.join(shared ?? sharedFolder(), hash);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${randomUUID()}`;
  try {
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    await unpack(await archiveOf(store, hash), draft, hash);
    return moveInto(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Another task may have been faster: its folder is whole, and is used. */
function moveInto(draft: string, folder: string): string {
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

async function archiveOf(store: Datastore, hash: string): Promise<AsyncIterable<Uint8Array>> {
  const key = archiveKey(hash, process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64');
  const source = await store.getStream(key);
  if (source !== undefined) return source;
  throw new LeatError('STORE_CORRUPT', `there is no code package at '${store.url}/${key}'`, {
    hint: 'Run the flow again: it stores its package anew.',
  });
}

/**
 * What is unpacked there is run as code, and the folder for temporary files is everybody's: it must be ours and closed to others, else
 * this process takes one of its own.
 */
function sharedFolder(): string {
  const user = process.getuid?.() ?? 'user';
  const folder = path.join(tmpdir(), `leat-packages-${user}`);
  try {
    mkdirSync(folder, { mode: 0o700, recursive: true });
    const { uid, mode } = lstatSync(folder);
    const isOurs =
      lstatSync(folder).isDirectory() && (user === 'user' || uid === user) && (mode & 0o022) === 0;
    if (isOurs) return folder;
  } catch {
    // A file of that name, or a folder for temporary files that we may not write to.
  }
  return mkdtempSync(path.join(tmpdir(), 'leat-packages-'));
}
