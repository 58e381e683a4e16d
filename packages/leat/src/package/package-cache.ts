/**
 * Built packages of this machine, so that an unchanged flow needs no bundler. A folder for each flow file, in it the record of
 * its last build and the folders of its last packages. All of it can be deleted at any time.
 */
import { hash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LeatError } from '../errors/index.ts';
import {
  type CodePackage,
  factsName,
  type PackageFacts,
  type PackageFile,
  packageFacts,
} from './code-package.ts';
import { installation } from './installation.ts';
import { linkExternals } from './link-externals.ts';
import { inputsUnchanged, type TrackedInputs } from './tracked-inputs.ts';
import { type TouchedFolder, unusedFolders } from './unused-folders.ts';

/** A package that has no folder yet. */
export type UnstoredPackage = Omit<CodePackage, 'folder'>;

interface BuildRecord {
  readonly package: string;
  readonly warnings: readonly string[];
  readonly inputs: TrackedInputs;
}

// Changes whenever a build of the same inputs would give something else.
const recipe = 3;
const keptPackages = 3;
const keptFlows = 64;
const keptOpened = 16;
const recordName = 'build.json';

/** Folder of all that is remembered of a flow file. */
function flowFolder(cacheDir: string, file: string): string {
  return join(
    cacheDir,
    'packages',
    hash('sha256', JSON.stringify([recipe, installation().version, file])).slice(0, 32),
  );
}

/** The package of the last build, when nothing that it read has changed. */
export function findPackage(cacheDir: string, file: string): CodePackage | undefined {
  const folder = flowFolder(cacheDir, file);
  const record = readJson<BuildRecord>(join(folder, recordName));
  if (record === undefined || !inputsUnchanged(record.inputs)) return undefined;
  return readPackageFolder(join(folder, record.package), record.warnings);
}

/** What the last build has read, whether or not it has changed since. */
export const lastInputs = (cacheDir: string, file: string): TrackedInputs | undefined =>
  readJson<BuildRecord>(join(flowFolder(cacheDir, file), recordName))?.inputs;

/** Remembers a build. Two processes may do so at once: both leave the same files. */
export function storePackage(
  cacheDir: string,
  file: string,
  built: UnstoredPackage,
  inputs: TrackedInputs,
): CodePackage {
  const home = flowFolder(cacheDir, file);
  const folder = join(home, built.hash);
  try {
    if (!existsSync(folder)) writeFolder(folder, built);
    linkExternals(folder, built);
    const record: BuildRecord = { package: built.hash, warnings: built.warnings, inputs };
    writeWhole(join(home, recordName), JSON.stringify(record));
    const now = new Date();
    utimesSync(folder, now, now);
    utimesSync(home, now, now);
    removeOldest(home, keptPackages);
    removeOldest(join(cacheDir, 'packages'), keptFlows);
  } catch (error) {
    throw new LeatError(
      'STORE_UNAVAILABLE',
      `the code package cannot be written to '${cacheDir}': ${(error as Error).message}`,
      {
        hint: 'the folder must be writable and its disk not full; --home or LEAT_HOME chooses another',
        cause: error,
      },
    );
  }
  return { ...built, folder };
}

/** Puts the files of a package that came from elsewhere into a folder of this machine. */
export function storeOpened(cacheDir: string, built: UnstoredPackage): CodePackage {
  const home = join(cacheDir, 'opened');
  const folder = join(home, built.hash);
  if (!existsSync(folder)) writeFolder(folder, built);
  linkExternals(folder, built);
  const now = new Date();
  utimesSync(folder, now, now);
  removeUnused(home, keptOpened);
  return { ...built, folder };
}

/** A package that {@link storeOpened} has put here before. */
export const findOpened = (cacheDir: string, packageHash: string): CodePackage | undefined =>
  readPackageFolder(join(cacheDir, 'opened', packageHash));

/** A package in a folder of this machine, or `undefined` when it is not there or not whole. */
export function readPackageFolder(folder: string, warnings: readonly string[] = []): CodePackage | undefined {
  const facts = readJson<PackageFacts>(join(folder, factsName));
  if (facts === undefined || !facts.files.every(({ name, size }) => sizeOf(join(folder, name)) === size))
    return undefined;
  const { entry, externals, flowFile, root, sources } = facts;
  return {
    hash: facts.hash,
    entry,
    externals,
    flowFile,
    root,
    sources,
    warnings,
    folder,
    files: facts.files.map(inFolder(folder)),
  };
}

const inFolder =
  (folder: string) =>
  (file: Omit<PackageFile, 'bytes'>): PackageFile => ({
    ...file,
    get bytes(): Uint8Array {
      return readFileSync(join(folder, file.name));
    },
  });

const sizeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.size;

// Other processes must never see half a folder: it is filled under another name.
function writeFolder(folder: string, built: UnstoredPackage): void {
  const draft = `${folder}.${randomUUID()}`;
  mkdirSync(draft, { recursive: true });
  for (const { name, bytes } of built.files) writeFileSync(join(draft, name), bytes);
  writeFileSync(
    join(draft, factsName),
    JSON.stringify(packageFacts(built, installation().version), undefined, 2),
  );
  try {
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

function writeWhole(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}

/** Keeps so many folders of a folder: those that were touched last. */
function removeOldest(folder: string, keep: number): void {
  const old = foldersIn(folder)
    .toSorted((a, b) => b.time - a.time)
    .slice(keep);
  for (const { path } of old) rmSync(path, { recursive: true, force: true });
}

/** Keeps so many folders of a folder, and those that a run may still use: see {@link unusedFolders}. */
export function removeUnused(folder: string, keep: number): void {
  for (const { path } of unusedFolders(foldersIn(folder), keep, Date.now()))
    rmSync(path, { recursive: true, force: true });
}

const foldersIn = (folder: string): readonly TouchedFolder[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      path: join(folder, name),
      time: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }));

// A record that is missing, torn or of another make only means that the flow is built again.
function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
