/**
 * Has anything changed that a build has read? Answered from sizes and times first and from contents when those differ,
 * so that an unchanged tree costs some stats and a touched one no rebuild.
 */
import { hash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';

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

/** Plain JSON data. */
export interface TrackedInputs {
  readonly files: readonly TrackedFile[];
  readonly folders: readonly TrackedFolder[];
  /** Milliseconds since the epoch, before the build read anything. */
  readonly at: number;
}

/** Records the state of everything that a build has read. `at`: the time before it began. */
export function trackInputs(paths: Iterable<string>, folders: Iterable<string>, at: number): TrackedInputs {
  return {
    files: [...new Set(paths)].flatMap((path) => fileState(path) ?? []),
    folders: [...new Set(folders)].map((path) => ({ path, names: importableNames(path) })),
    at,
  };
}

/** Whether all is as it was recorded. */
export function inputsUnchanged({ files, folders, at }: TrackedInputs): boolean {
  return (
    files.every((file) => isUnchanged(file, at)) &&
    folders.every(({ path, names }) => importableNames(path) === names)
  );
}

function fileState(path: string): TrackedFile | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return { path, size: stats.size, modified: stats.mtimeMs, hash: hash('sha256', readFileSync(path)) };
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
