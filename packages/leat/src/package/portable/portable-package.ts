/**
 * A code package that needs nothing of the machine it was built on: the bundle, and the extras that it asks for at run time: native
 * modules with what they need, packages that cannot be bundled, data files. These are the data of this folder.
 */
import { hash } from 'node:crypto';
import { packagePrefix } from '../../datastore/keys.ts';
import type { Platform } from '../native/platform.ts';

/** A file of a package beside the bundle: `files/lib/model.json`, `node_modules/sharp/lib/index.js`. */
export interface ExtraFile {
  /** Relative to the package's folder, with `/`. */
  readonly name: string;
  /** sha256, hex. */
  readonly hash: string;
  /** In bytes. */
  readonly size: number;
  readonly executable?: true;
}

/** All extras of a package, as a file of the bundle: so the package's hash covers them. In the order of their names. */
export interface ExtrasList {
  readonly extras: readonly ExtraFile[];
  /** What was asked for and is more than a package may hold: no machine but this one can run it. */
  readonly left: readonly LeftFile[];
  /** Native code that no machine runs which tasks run on, such as that for macOS. */
  readonly foreign: readonly ForeignFile[];
}

/** A file of native code, and what it is made for: `darwin-arm64`. */
export interface ForeignFile {
  readonly name: string;
  readonly platform: string;
}

/** A file, or a folder with too many of them, that is too large for a package. */
export interface LeftFile {
  readonly name: string;
  /** In bytes; absent for a folder. */
  readonly size?: number;
}

/** Name of the file that lists the extras; a bundle without any has none. */
export const extrasName = 'extras.json';

/** Key of the archive that holds a package and its extras for a platform. `code`: hash of the package. */
export const archiveKey = (code: string, platform: Platform): string =>
  `${packagePrefix(code)}${platform}.archive`;

/** The name of a package: a hash over the names and contents of its files. */
export function packageHash(
  entry: string,
  files: readonly { readonly name: string; readonly hash: string }[],
): string {
  return hash('sha256', JSON.stringify([entry, files.map((file) => [file.name, file.hash])]));
}
