import type { Dirent } from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import type { ObjectFacts } from '../datastore.ts';
import { errorCode } from './store-error.ts';
import { isSpread, isTemporaryName } from './temporary-name.ts';

// Enough to keep libuv's threads busy, few enough to stay small.
const looksAtOnce = 64;

/** A file below a folder. `temporary`: still being written, or left by a process that was killed. */
export interface FoundFile extends ObjectFacts {
  readonly temporary: boolean;
}

/**
 * All files whose key starts with `prefix`, in bounded memory, in the order of the file system. What vanishes meanwhile
 * is left out.
 */
export async function* listFolder(root: string, prefix: string): AsyncIterable<FoundFile> {
  const cut = prefix.lastIndexOf('/') + 1;
  yield* walkFolder(root, prefix.slice(0, cut), prefix.slice(cut));
}

async function* walkFolder(root: string, folder: string, start: string): AsyncIterable<FoundFile> {
  let waiting: string[] = [];
  for await (const entry of entries(path.join(root, folder))) {
    if (!entry.name.startsWith(start)) continue;
    if (entry.isDirectory()) yield* walkFolder(root, `${folder}${entry.name}/`, '');
    else if (waiting.push(folder + entry.name) === looksAtOnce) {
      yield* lookAt(root, waiting);
      waiting = [];
    }
  }
  yield* lookAt(root, waiting);
}

/**
 * The files that are still being written, or were left by a process that was killed, below the folder that `prefix` names. Only they are
 * looked at; of the others nothing but the name is read.
 */
export async function* listTemporary(root: string, prefix: string): AsyncIterable<FoundFile> {
  yield* temporaryIn(root, prefix, !isSpread(prefix));
}

async function* temporaryIn(root: string, prefix: string, below: boolean): AsyncIterable<FoundFile> {
  const left: string[] = [];
  for await (const entry of entries(path.join(root, prefix))) {
    if (entry.isDirectory()) {
      if (below) yield* temporaryIn(root, `${prefix}${entry.name}/`, true);
    } else if (isTemporaryName(entry.name)) left.push(prefix + entry.name);
  }
  yield* lookAt(root, left);
}

async function* entries(folder: string): AsyncIterable<Dirent> {
  try {
    yield* await fsp.opendir(folder, { bufferSize: 256 });
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTDIR') throw error;
  }
}

async function* lookAt(root: string, keys: readonly string[]): AsyncIterable<FoundFile> {
  for (const found of await Promise.all(keys.map((key) => look(root, key))))
    if (found !== undefined) yield found;
}

async function look(root: string, key: string): Promise<FoundFile | undefined> {
  try {
    const { size, mtimeMs } = await fsp.stat(path.join(root, key));
    return { key, size, modifiedAt: mtimeMs, temporary: isTemporaryName(path.posix.basename(key)) };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
