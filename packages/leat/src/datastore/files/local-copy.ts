import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LeatError } from '../../errors/index.ts';
import type { StoredFileFacts } from './file-value.ts';

/**
 * A path of this machine with the content of a stored file, for stores that have no paths of their own. The copy lies under
 * the hash of its content, so that all tasks of a user share one; it appears there whole or never, however many make it.
 *
 * @param pieces the content; read only when there is no copy yet
 * @throws LeatError STORE_UNAVAILABLE when the copy cannot be written, and what `pieces` throws
 */
export async function localCopy(
  { name, size, hash }: StoredFileFacts,
  pieces: () => AsyncIterable<Uint8Array>,
): Promise<string> {
  const temporaryFolder = os.tmpdir();
  let temporary: string | undefined;
  try {
    const folder = path.join(ownFolder(temporaryFolder), hash);
    const target = path.join(folder, path.basename(name) || 'file');
    if (fs.statSync(target, { throwIfNoEntry: false })?.size === size) return target;
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    temporary = `${target}.${randomUUID()}.part`;
    await pipeline(pieces(), fs.createWriteStream(temporary, { flags: 'wx', mode: 0o400 }));
    fs.renameSync(temporary, target);
    return target;
  } catch (error) {
    if (temporary !== undefined) fs.rmSync(temporary, { force: true });
    if (error instanceof LeatError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new LeatError(
      'STORE_UNAVAILABLE',
      `cannot copy the file '${name}' into '${temporaryFolder}': ${reason}`,
      { hint: 'Free some space there, or set TMPDIR to another folder.', cause: error },
    );
  }
}

/** The folder of this user's copies. Where somebody else has put that name, or may write there, a new one that nobody knows. */
function ownFolder(temporaryFolder: string): string {
  const folder = path.join(temporaryFolder, `leat-files-${process.getuid?.() ?? os.userInfo().username}`);
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return isOurs(folder) ? folder : fs.mkdtempSync(`${folder}-`);
}

function isOurs(folder: string): boolean {
  const facts = fs.lstatSync(folder);
  if (!facts.isDirectory()) return false;
  const user = process.getuid?.();
  return user === undefined || (facts.uid === user && (facts.mode & 0o022) === 0);
}
