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
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Datastore } from '../../datastore/datastore.ts';
import type { CodePackage } from '../code-package.ts';
import { removeUnused } from '../package-cache.ts';
import type { Platform } from '../native/platform.ts';
import { hashOfFile } from './hash-of-file.ts';
import { changed, pack, type PackedFile } from './pack.ts';
import { extraFiles, portableFiles } from './portable-files.ts';
import { archiveKey } from './portable-package.ts';
import type { StoredPackage } from './stored-package.ts';

/** What is wanted of a package. */
export interface PackageWanted {
  readonly platform: Platform;
  /** The most that it may hold, unpacked, in MB. */
  readonly limitMb: number;
  /** Folder of what can be made again at any time. */
  readonly cacheDir: string;
}

/**
 * Stores a package as one object, unless it is there.
 *
 * @throws LeatError STORE_UNAVAILABLE; LAYER_REFUSED for native code of another platform, or a package that is too large
 */
export async function storeArchive(
  datastore: Datastore,
  built: CodePackage,
  { platform, limitMb, cacheDir }: PackageWanted,
): Promise<StoredPackage> {
  const key = archiveKey(built.hash, platform);
  const files = portableFiles(built, { platform, limitMb, from: keptExtras(built, cacheDir) });
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
 * @throws LeatError LAYER_REFUSED for native code of another platform, or a package that is too large
 */
export function copyPackage(built: CodePackage, { platform, limitMb, cacheDir }: PackageWanted): string {
  const files = portableFiles(built, { platform, limitMb, from: keptExtras(built, cacheDir) });
  return copied(cacheDir, `${built.hash}-${platform}`, files);
}

/**
 * Keeps the extras of a package as they are now: whatever is edited later, a step that runs elsewhere in an hour gets what the run began
 * with.
 *
 * @throws LeatError FLOW_LOAD when a file has changed since the package was built
 */
export function keepExtras(built: CodePackage, cacheDir: string): void {
  const files = extraFiles(built);
  if (files.length > 0) copied(cacheDir, built.hash, files);
}

function keptExtras({ hash }: CodePackage, cacheDir: string): string | undefined {
  const folder = join(copiesOf(cacheDir), hash);
  if (!existsSync(folder)) return undefined;
  renewCopy(folder);
  return folder;
}

const copiesOf = (cacheDir: string): string => join(cacheDir, 'copies');

/** Those that were used last, and those that are in use. */
const keptCopies = 32;

function copied(cacheDir: string, name: string, files: readonly PackedFile[]): string {
  const folder = join(copiesOf(cacheDir), name);
  if (!existsSync(folder)) makeCopy(folder, files);
  renewCopy(folder);
  removeUnused(copiesOf(cacheDir), keptCopies);
  return folder;
}

/** Says of a copy that it is in use: it stays for another week at least. */
export function renewCopy(folder: string): void {
  const now = new Date();
  utimesSync(folder, now, now);
}

/** Other processes must never see half a folder: it is filled under another name. */
function makeCopy(folder: string, files: readonly PackedFile[]): void {
  const draft = `${folder}.${randomUUID()}`;
  try {
    for (const file of files) copyFile(draft, file);
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

function copyFile(folder: string, { name, hash, from, executable }: PackedFile): void {
  const target = join(folder, name);
  mkdirSync(dirname(target), { recursive: true });
  if (typeof from !== 'string') writeFileSync(target, from);
  else {
    copyFileSync(from, target, constants.COPYFILE_FICLONE);
    if (hashOfFile(target) !== hash) throw changed(name);
  }
  chmodSync(target, executable === true ? 0o755 : 0o644);
}
