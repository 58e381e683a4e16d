import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The root of the repository. Every script may be started from anywhere. */
export const root: string = path.resolve(import.meta.dirname, '..');

interface ExportTarget {
  readonly types: string;
  readonly default: string;
}

/** What of a package.json the scripts read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly exports?: Readonly<Record<string, string | ExportTarget>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** One published package of the workspace. */
export interface WorkspacePackage {
  /** The folder, relative to the root. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** One public entry of a package. All paths are relative to the root. */
export interface PublicEntry {
  /** What a user imports: `leat`, `leat/client`. */
  readonly specifier: string;
  readonly types: string;
  readonly built: string;
  readonly source: string;
}

/** The packages under `packages/`, read from their package.json files. */
export function workspacePackages(): readonly WorkspacePackage[] {
  return globSync('packages/*/package.json', { cwd: root })
    .toSorted()
    .map((file) => ({
      folder: path.posix.dirname(file.replaceAll(path.sep, '/')),
      manifest: JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Manifest,
    }));
}

/** The public entries of a package: its exports map is the only list of them. */
export function publicEntries({ folder, manifest }: WorkspacePackage): readonly PublicEntry[] {
  const entries: PublicEntry[] = [];
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    if (typeof target === 'string') continue;
    const built = path.posix.join(folder, target.default);
    entries.push({
      specifier: path.posix.join(manifest.name, subpath),
      types: path.posix.join(folder, target.types),
      built,
      source: built.replace(`${folder}/dist/`, `${folder}/src/`).replace(/\.js$/, '.ts'),
    });
  }
  return entries;
}
