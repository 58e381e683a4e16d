/**
 * Has anything changed that a build has read? Answered from sizes and times first and from contents when those differ,
 * so that an unchanged tree costs some stats and a touched one no rebuild.
 */
import { hash } from 'node:crypto';
import { globSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dataFiles } from './portable/list-files.ts';

interface TrackedFile {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
  readonly hash: string;
}

/** A folder of the user's: a file that comes or goes there may be what an import means. */
interface TrackedFolder {
  readonly path: string;
  readonly names: string;
}

/** Files that go into the package whatever their names are: all below a folder, or those that globs name in it. */
export interface FileList {
  readonly folder: string;
  readonly globs?: readonly string[];
}

interface TrackedList extends FileList {
  readonly names: string;
}

/** What a build has read. Full paths. */
export interface ReadInputs {
  readonly files: Iterable<string>;
  readonly folders: Iterable<string>;
  readonly lists?: readonly FileList[];
  /** Hashes of files that need not be read again. */
  readonly hashes?: ReadonlyMap<string, string>;
}

/** Plain JSON data. */
export interface TrackedInputs {
  readonly files: readonly TrackedFile[];
  readonly folders: readonly TrackedFolder[];
  readonly lists?: readonly TrackedList[];
  /** Milliseconds since the epoch, before the build read anything. */
  readonly at: number;
}

/** Records the state of everything that a build has read. `at`: the time before it began. */
export function trackInputs({ files, folders, lists = [], hashes }: ReadInputs, at: number): TrackedInputs {
  return {
    files: [...new Set(files)].flatMap((path) => fileState(path, hashes?.get(path)) ?? []),
    folders: [...new Set(folders)].map((path) => ({ path, names: importableNames(path) })),
    ...(lists.length === 0 ? {} : { lists: lists.map((list) => ({ ...list, names: listedNames(list) })) }),
    at,
  };
}

/** Whether all is as it was recorded. */
export function inputsUnchanged({ files, folders, lists = [], at }: TrackedInputs): boolean {
  return (
    files.every((file) => isUnchanged(file, at)) &&
    folders.every(({ path, names }) => importableNames(path) === names) &&
    lists.every((list) => listedNames(list) === list.names)
  );
}

/** The hashes of files as a build before has read them, for those that have not changed since. */
export function hashesOf(
  inputs: TrackedInputs | undefined,
): (path: string, stats: Stats) => string | undefined {
  const files = new Map(inputs?.files.map((file) => [file.path, file]));
  return (path, { size, mtimeMs }) => {
    const file = files.get(path);
    const isSame =
      file?.size === size && file.modified === mtimeMs && mtimeMs < (inputs?.at ?? 0) - clockTick;
    return isSame ? file.hash : undefined;
  };
}

function fileState(path: string, known: string | undefined): TrackedFile | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return {
    path,
    size: stats.size,
    modified: stats.mtimeMs,
    hash: known ?? hash('sha256', readFileSync(path)),
  };
}

function listedNames({ folder, globs }: FileList): string {
  try {
    const names =
      globs === undefined
        ? dataFiles(folder)?.map(({ name }) => name)
        : globSync([...globs], { cwd: folder });
    return hash('sha256', names?.toSorted().join('\n') ?? 'too many');
  } catch {
    return '';
  }
}

// Two writes within a tick of the file system's clock have one time, so a time that is close to the build proves nothing.
const clockTick = 2000;

function isUnchanged(file: TrackedFile, at: number): boolean {
  const stats = statSync(file.path, { throwIfNoEntry: false });
  if (stats === undefined || stats.size !== file.size) return false;
  if (stats.mtimeMs === file.modified && file.modified < at - clockTick) return true;
  return hash('sha256', readFileSync(file.path)) === file.hash;
}

const importable = /(?:^[^.]+|\.(?:[cm]?[jt]sx?|json))$/;

// Names that an import could mean: code, JSON, and folders (names without a dot).
function importableNames(folder: string): string {
  try {
    return hash(
      'sha256',
      readdirSync(folder)
        .filter((name) => importable.test(name))
        .toSorted()
        .join('\n'),
    );
  } catch {
    return '';
  }
}
