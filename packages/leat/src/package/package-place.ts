/**
 * Where the files of a package are that ask for their own places. On the machine that has the project they are the user's own files: a
 * flow reads and writes beside itself as under plain Node. Elsewhere they are the copies in the package. Whoever loads the
 * package says which; the bundle holds no path of any machine, so the same tree gives the same bytes.
 */

/** The module of a package that answers; the bundle imports it, and it lies beside the bundle. */
export const placeFile = 'leat-place.js';

/** As the bundle imports it. */
export const placeName: string = `./${placeFile}`;

/** The folder in a package with the copies of files, by their paths relative to the root. */
export const filesFolder = 'files';

/** Name in a package of the copy of a file. `path`: relative to the root, with `/`; may start with `../`. */
export const copyName = (path: string): string => `${filesFolder}/${path.replaceAll('../', '+/')}`;

/** The text of {@link placeFile}. The folder may have been told by a path with links in it. */
export const placeSource: string = [
  "import { existsSync, realpathSync } from 'node:fs';",
  "import { join } from 'node:path';",
  'const here = import.meta.dirname;',
  "const told = [...(globalThis[Symbol.for('leat.sources/1')] ?? [])];",
  'const root = told.find(([folder]) => folder === here || (existsSync(folder) && realpathSync(folder) === here))?.[1];',
  'export const placeOf = (path) =>',
  "  root === undefined ? join(here, 'files', path.replaceAll('../', '+/')) : join(root, path);",
  '',
].join('\n');

const sources = Symbol.for('leat.sources/1');

/** Tells a package, before it is loaded, that the project it was built from is on this machine. `folder`: that of the package. */
export function tellSourceRoot(folder: string, root: string): void {
  const known = ((globalThis as { [sources]?: Map<string, string> })[sources] ??= new Map());
  known.set(folder, root);
}
