import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file below a folder. */
export interface ListedFile {
  /** Relative to the folder, with `/`. */
  readonly name: string;
  /** Full path. */
  readonly path: string;
}

/** What no program reads at run time: texts for people, types, sources and leftovers of native code. */
const unneeded =
  /(?:\.(?:md|markdown|map|d\.[cm]?ts|tsbuildinfo|c|cc|cpp|cxx|h|hh|hpp|m|mm|gyp|gypi|o|obj|a|lib|pdb|vcxproj)|[/\\](?:\.[^/\\]+|Makefile|CMakeLists\.txt|binding\.gyp)|[/\\]obj\.target[/\\].*)$/;

/** Folders that hold nothing that a task asks for: other packages, and what tools and Leat itself keep. */
const skipped = new Set(['node_modules', '.git', '.leat', '.hg', '.svn', '.cache']);

/** All files of an installed package that may be asked for at run time, in the order of their names; packages inside of it are others. */
export const packageFiles = (folder: string): readonly ListedFile[] =>
  [...below(folder, '')].filter(({ path, name }) => name === 'package.json' || !unneeded.test(path));

/** Most files that a folder of the user's may hold to be looked through; a folder with more is data for a datastore. */
const mostFiles = 20_000;

/** All files below a folder of the user's; `undefined` when there are too many to carry along. */
export function dataFiles(folder: string): readonly ListedFile[] | undefined {
  const files: ListedFile[] = [];
  for (const file of below(folder, '')) {
    if (files.push(file) > mostFiles) return undefined;
  }
  return files;
}

function* below(folder: string, prefix: string): Iterable<ListedFile> {
  const entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = prefix + entry.name;
    const path = join(folder, name);
    if (entry.isDirectory() && !skipped.has(entry.name)) yield* below(folder, `${name}/`);
    // A link to a file is that file; one to a folder could lead round in circles.
    else if (entry.isFile() || (entry.isSymbolicLink() && isFile(path))) yield { name, path };
  }
}

/** Whether a path is that of a file. */
export const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Whether a path is that of a folder. */
export const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
