/**
 * An archive of a package is, compressed with zstd: a line that says what it is, a line of JSON that lists the files, and the files'
 * bytes one after the other. There are no links, owners, times or paths that lead anywhere else, so none need to be guarded
 * against; and the same files give the same bytes.
 */
import { LeatError } from '../../errors/index.ts';
import type { ExtraFile } from './portable-package.ts';

/** The first line. */
export const archiveMark = 'leat-archive/1\n';

/** The list: the package's facts come first. */
export interface ArchiveHead {
  readonly files: readonly ExtraFile[];
}

/** Longer lists are refused: some 300,000 files. In bytes. */
export const longestHead: number = 64 * 1024 * 1024;

/** Reads the list, and refuses what would write outside of the folder it is taken apart in. @throws LeatError STORE_CORRUPT. */
export function parseHead(text: string): ArchiveHead {
  let head: Partial<ArchiveHead>;
  try {
    head = JSON.parse(text) as Partial<ArchiveHead>;
  } catch (cause) {
    throw corrupt('its list of files cannot be read', cause);
  }
  const { files } = head;
  if (!Array.isArray(files)) throw corrupt('it has no list of files');
  const seen = new Set<string>();
  for (const { name, size } of files) {
    if (!isInside(name)) throw corrupt(`'${name}' is no name of a file inside of it`);
    if (seen.has(name)) throw corrupt(`it holds '${name}' twice`);
    if (!Number.isSafeInteger(size) || size < 0) throw corrupt(`'${name}' has no size`);
    seen.add(name);
  }
  return { files };
}

/** Whether a name stays below the folder that it is put into, on every system. */
function isInside(name: unknown): name is string {
  if (typeof name !== 'string' || name === '' || /[\\\0:]/.test(name)) return false;
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** What is said of an archive that is not what was written. */
export function corrupt(what: string, cause?: unknown): LeatError {
  return new LeatError('STORE_CORRUPT', `the archive of the code package is not what was written: ${what}`, {
    hint: '`leat doctor --repair` moves the package aside; a new run stores it again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
