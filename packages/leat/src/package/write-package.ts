import { hash } from 'node:crypto';
import { dirname } from 'node:path';
import type { Datastore } from '../datastore/datastore.ts';
import { packagePrefix } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';
import { type CodePackage, factsName, type PackageFacts, packageFacts } from './code-package.ts';
import { installation } from './installation.ts';
import { linkExternals } from './link-externals.ts';
import { findOpened, readPackageFolder, storeOpened } from './package-cache.ts';

// Enough to hide the latency of a remote store, few enough not to be throttled by it.
const writesAtOnce = 16;

/**
 * Stores a package under `packages/<hash>/`. Its `package.json` comes last and says that it is whole. When it is there
 * already, only files that have gone or have another size since are written again.
 */
export async function writePackage(datastore: Datastore, built: CodePackage): Promise<void> {
  const prefix = packagePrefix(built.hash);
  const local = built.externals.length === 0 ? undefined : datastore.localPath(prefix + factsName);
  if (local !== undefined) linkExternals(dirname(local), built);
  if ((await datastore.stat(prefix + factsName)) !== undefined) {
    for (const file of built.files) await mendFile(datastore, prefix + file.name, file);
    return;
  }
  for (let first = 0; first < built.files.length; first += writesAtOnce) {
    const some = built.files.slice(first, first + writesAtOnce);
    await Promise.all(some.map(async ({ name, bytes }) => datastore.put(prefix + name, [bytes])));
  }
  const facts = JSON.stringify(packageFacts(built, installation().version), undefined, 2);
  await datastore.create(prefix + factsName, [Buffer.from(facts)]);
}

async function mendFile(
  datastore: Datastore,
  key: string,
  file: CodePackage['files'][number],
): Promise<void> {
  if ((await datastore.stat(key))?.size !== file.size) await datastore.put(key, [file.bytes]);
}

/**
 * Gives a stored package a folder of this machine: the datastore's own one when it has that, else a copy in the cache.
 *
 * @throws NOT_FOUND when the store has no such package, STORE_CORRUPT when it is not what was written.
 */
export async function openPackage(
  datastore: Datastore,
  packageHash: string,
  cacheDir: string,
): Promise<CodePackage> {
  const prefix = packagePrefix(packageHash);
  const local = datastore.localPath(prefix + factsName);
  const known = local === undefined ? findOpened(cacheDir, packageHash) : readPackageFolder(dirname(local));
  if (known !== undefined) return known;
  const head = await datastore.get(prefix + factsName);
  if (head === undefined) {
    throw new LeatError('NOT_FOUND', `there is no code package '${packageHash}' in ${datastore.url}`, {
      hint: 'the datastore is another one than the run was started with, or `leat gc` has removed the package',
    });
  }
  const facts = JSON.parse(Buffer.from(head).toString('utf8')) as PackageFacts;
  const files = facts.files.map(async (file) => {
    const bytes = await datastore.get(prefix + file.name);
    if (bytes !== undefined && hash('sha256', bytes) === file.hash) return { ...file, bytes };
    throw new LeatError(
      'STORE_CORRUPT',
      `'${prefix}${file.name}' in ${datastore.url} is not what was written`,
      {
        hint: '`leat doctor --repair` moves the package aside; a new run from the source files stores it again',
      },
    );
  });
  return storeOpened(cacheDir, { ...facts, files: await Promise.all(files), warnings: [] });
}
