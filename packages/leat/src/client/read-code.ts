import type { Datastore } from '../datastore/datastore.ts';
import { packagePrefix } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';
import { factsName, type PackageFacts } from '../package/code-package.ts';
import { type MapFacts, textOf } from '../package/package-sources.ts';

/** A file as it was when the package was built. */
export interface SourceFile {
  /** Relative to the root of the flow's project, with `/`. */
  readonly path: string;
  readonly text: string;
  /** The user's, not a library's. */
  readonly own: boolean;
}

export interface CodeOptions {
  /** Also the libraries that were bundled; default `false`. */
  readonly libraries?: boolean;
}

/** The facts of a stored code package. Throws `NOT_FOUND`. */
async function readPackageFacts(datastore: Datastore, hash: string): Promise<PackageFacts> {
  const bytes = await datastore.get(packagePrefix(hash) + factsName);
  if (bytes !== undefined) return JSON.parse(textOf(bytes)) as PackageFacts;
  throw new LeatError('NOT_FOUND', `there is no code package '${hash}' in ${datastore.url}`, {
    hint: 'The datastore is another one than the run wrote to, or the package was removed.',
  });
}

/** The source of a code package, out of its source maps: the user's files first, each group in the order of paths. */
export async function readCode(
  datastore: Datastore,
  hash: string,
  { libraries = false }: CodeOptions = {},
): Promise<readonly SourceFile[]> {
  const facts = await readPackageFacts(datastore, hash);
  const own = new Set(facts.sources.map(({ path }) => path));
  const files = new Map<string, SourceFile>();
  for (const { name } of facts.files) {
    if (!name.endsWith('.map')) continue;
    for (const { path, text } of await sourcesOf(datastore, packagePrefix(hash) + name)) {
      if (own.has(path) || libraries) files.set(path, { path, text, own: own.has(path) });
    }
  }
  return [...files.values()].toSorted((a, b) => Number(b.own) - Number(a.own) || (a.path < b.path ? -1 : 1));
}

async function sourcesOf(
  datastore: Datastore,
  key: string,
): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const bytes = await datastore.get(key);
  if (bytes === undefined) throw new LeatError('STORE_CORRUPT', `'${key}' is gone from ${datastore.url}`);
  const map = JSON.parse(textOf(bytes)) as MapFacts;
  return map.sources.flatMap((path, index) => {
    const text = map.sourcesContent?.[index];
    return typeof text === 'string' ? [{ path, text }] : [];
  });
}
