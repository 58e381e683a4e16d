/** A complete package for machines that lack the project's files: as one object of the datastore, or as a folder of this machine. */
import { randomUUID } from 'node:crypto';
import {
  copyFileSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Datastore } from '../../datastore/datastore.ts';
import type { CodePackage } from '../code-package.ts';
import type { Platform } from '../native/platform.ts';
import { pack, type PackedFile } from './pack.ts';
import { portableFiles } from './portable-files.ts';
import { archiveKey } from './portable-package.ts';
import type { StoredPackage } from './stored-package.ts';

/** What is wanted of a package. */
export interface PackageWanted {
  readonly platform: Platform;
  /** The most that it may hold, unpacked, in MB. */
  readonly limitMb: number;
}

/**
 * Stores a package as one object, unless it is there.
 *
 * @throws LeatError STORE_UNAVAILABLE; LAYER_REFUSED for native code of another platform, or a package that is too large
 */
export async function storeArchive(
  datastore: Datastore,
  built: CodePackage,
  { platform, limitMb }: PackageWanted,
): Promise<StoredPackage> {
  const key = archiveKey(built.hash, platform);
  const files = portableFiles(built, platform, limitMb);
  const known = await datastore.stat(key);
  if (known === undefined) await datastore.putStream(key, pack(files));
  return {
    key,
    platform,
    size: (known ?? (await datastore.stat(key)))?.size ?? 0,
    unpackedSize: files.reduce((sum, { size }) => sum + size, 0),
    files: files.length,
  };
}

/**
 * Makes a folder with all of a package, in the cache; what was made before is used again. Whoever asks at the same time gets the same.
 *
 * @throws LeatError LAYER_REFUSED for native code of another platform
 */
export function copyPackage(
  built: CodePackage,
  { platform, limitMb }: PackageWanted,
  cacheDir: string,
): string {
  const folder = join(cacheDir, 'copies', `${built.hash}-${platform}`);
  const files = portableFiles(built, platform, limitMb);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${randomUUID()}`;
  try {
    for (const file of files) copyFile(draft, file);
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

function copyFile(folder: string, { name, from, executable }: PackedFile): void {
  const target = join(folder, name);
  mkdirSync(dirname(target), { recursive: true });
  if (typeof from !== 'string') writeFileSync(target, from);
  else copyFileSync(from, target, constants.COPYFILE_FICLONE);
  chmodSync(target, executable === true ? 0o755 : 0o644);
}
