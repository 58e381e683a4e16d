import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This very copy of the package `leat`, wherever it is installed and whether or not it has been built. */
export interface Installation {
  /** Full path of its folder. */
  readonly folder: string;
  readonly version: string;
  /** Full path of the module behind `leat` or `leat/client`; `undefined` for what is not exported. */
  readonly moduleOf: (specifier: string) => string | undefined;
}

interface Manifest {
  readonly name?: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

let found: Installation | undefined;

/**
 * Finds the package by walking up from this module. A module under `src/` runs from its sources (in this project's own
 * tests), so the flow gets the sources too: the language and the engine are then of the same age.
 */
export function installation(): Installation {
  found ??= find(fileURLToPath(import.meta.url));
  return found;
}

function find(here: string): Installation {
  for (let folder = dirname(here); dirname(folder) !== folder; folder = dirname(folder)) {
    const manifest = readManifest(join(folder, 'package.json'));
    if (manifest?.name !== 'leat') continue;
    const fromSources = relative(folder, here).split(sep)[0] === 'src';
    const moduleOf = (specifier: string): string | undefined => {
      const target = manifest.exports[specifier === 'leat' ? '.' : `.${specifier.slice('leat'.length)}`];
      if (target === undefined) return undefined;
      const built = typeof target === 'string' ? target : target.default;
      return join(folder, fromSources ? built.replace('./dist/', './src/').replace(/\.js$/, '.ts') : built);
    };
    return { folder, version: manifest.version, moduleOf };
  }
  throw new TypeError(`no package.json of leat above '${here}'`);
}

function readManifest(file: string): Manifest | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}
