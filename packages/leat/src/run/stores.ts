import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { Datastore } from '../datastore/datastore.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import { LeatError } from '../errors/index.ts';
import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import { metadataExists, openMetadata } from '../metadata/open-metadata.ts';
import { type Home, homeName } from '../home/home.ts';
import { enterProfile } from '../home/profile-defaults.ts';

/** What a run is kept in. */
export interface Stores {
  readonly metadata: MetadataStore;
  readonly datastore: Datastore;
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    if (basename(folder) === homeName && !metadataExists(folder)) ignoreInGit(folder);
  } catch (cause) {
    throw new LeatError('STORE_UNAVAILABLE', `the folder '${folder}' cannot be made`, {
      cause,
      hint: 'Choose a folder that you may write to: --home FOLDER, or LEAT_HOME.',
    });
  }
}

/** Data, logs and parameters of runs are no part of a project's history. What somebody has written there stays. */
function ignoreInGit(folder: string): void {
  try {
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Opens both stores of a home, creating what is not there. @throws STORE_UNAVAILABLE, METADATA_UNAVAILABLE, METADATA_SCHEMA. */
export async function openStores(home: Home): Promise<Stores> {
  enterProfile(home.profile);
  createFolder(home.folder);
  const metadata = await openMetadata(home.metadata);
  try {
    return { metadata, datastore: await openDatastore(home.datastore) };
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

/** Opens the stores of a home for whoever closes them later; when `use` throws, they are closed at once. */
export async function handOverStores<T>(home: Home, use: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores(home);
  try {
    return await use(stores);
  } catch (error) {
    await closeStores(stores);
    throw error;
  }
}

/**
 * Makes sure that the data of a run are in this home: metadata that several homes share know runs of all of them.
 * @throws STORE_UNAVAILABLE
 */
export function requireData({ flow, id, datastore }: RunRecord, home: Home): void {
  if (!home.shared || datastore === home.datastore) return;
  throw new LeatError(
    'STORE_UNAVAILABLE',
    `the data of '${flow}/${id}' are in '${datastore}', and those of this home in '${home.datastore}'`,
    { hint: 'Call it where the run was started, or name that home with --home FOLDER.' },
  );
}

/** Closes both; a store that cannot be closed has nothing more to lose. */
export async function closeStores({ metadata, datastore }: Stores): Promise<void> {
  await Promise.allSettled([metadata.close(), datastore.close()]);
}
