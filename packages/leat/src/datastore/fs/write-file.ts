import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from './store-error.ts';

// Objects are never changed in place, so a file of the store that is handed out by path cannot be spoilt by mistake.
const objectMode = 0o444;
// Linux takes at most 1,024 buffers and about 2 GiB a call.
const partsPerWrite = 512;
// A folder may be removed by `gc` between our mkdir and what comes then: try again, but not for ever.
const folderTries = 8;

/** Does what needs the folder of a file, making that only when it turns out to be missing: no system call is spent on looking. */
export function inFolderSync<Result>(file: string, act: () => Result): Result {
  for (let tries = 1; ; tries++) {
    try {
      return act();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || tries === folderTries) throw error;
      fs.mkdirSync(path.dirname(file), { recursive: true });
    }
  }
}

/** {@link inFolderSync}, asynchronously. */
export async function inFolder<Result>(file: string, act: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT' || tries === folderTries) throw error;
      await fsp.mkdir(path.dirname(file), { recursive: true });
    }
  }
}

/** Opens a new file, and makes its folder where there is none. */
export const openNewSync = (file: string): number =>
  inFolderSync(file, () => fs.openSync(file, 'wx', objectMode));

/** {@link openNewSync}, asynchronously. */
export const openNew = async (file: string): Promise<FileHandle> =>
  inFolder(file, async () => fsp.open(file, 'wx', objectMode));

/** Writes all parts one after the other without joining them. */
export function writePartsSync(fd: number, parts: readonly Uint8Array[]): void {
  for (const batch of batches(parts)) {
    let left = batch;
    while (left.length > 0) left = after(left, fs.writevSync(fd, left));
  }
}

/** {@link writePartsSync}, asynchronously. */
export async function writeParts(handle: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  for (const batch of batches(parts)) {
    let left = batch;
    while (left.length > 0) left = after(left, (await handle.writev(left)).bytesWritten);
  }
}

function* batches(parts: readonly Uint8Array[]): Iterable<Uint8Array[]> {
  for (let first = 0; first < parts.length; first += partsPerWrite) {
    yield parts.slice(first, first + partsPerWrite).filter((part) => part.byteLength > 0);
  }
}

/** What is left of `parts` after `written` bytes of them. */
function after(parts: readonly Uint8Array[], written: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = written;
  for (const part of parts) {
    if (skip < part.byteLength) rest.push(skip === 0 ? part : part.subarray(skip));
    skip = Math.max(0, skip - part.byteLength);
  }
  return rest;
}
