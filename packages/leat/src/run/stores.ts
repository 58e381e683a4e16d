import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import type { Datastore } from '../datastore/datastore.ts';
import { openDatastore } from '../datastore/open-datastore.ts';
import { LeatError } from '../errors/index.ts';
import type { DataPlace } from './all-runs.ts';
import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import { metadataExists, openMetadata } from '../metadata/open-metadata.ts';
import { type Home, homeName } from '../home/home.ts';
import { keepStoreId, placeUnder } from '../home/store-id.ts';
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

/** URL of a home's datastore, whose name is kept in the home's folder from now on. */
function keptDatastore({ folder, datastore, newStoreId }: Home): string {
  if (newStoreId === undefined) return datastore;
  return placeUnder(datastore.slice(0, -newStoreId.length), keepStoreId(folder, newStoreId));
}

/** Opens both stores of a home, creating what is not there. @throws STORE_UNAVAILABLE, METADATA_UNAVAILABLE, METADATA_SCHEMA. */
export async function openStores(home: Home): Promise<Stores> {
  enterProfile(home.profile);
  createFolder(home.folder);
  const metadata = await openMetadata(home.metadata);
  try {
    return { metadata, datastore: await openDatastore(keptDatastore(home)) };
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
 * Goes on with a run's own datastore, which may be another one than the home's: the run knows where its data are. Folders are
 * told apart only where several homes share metadata: one that was moved has another URL.
 *
 * @throws STORE_UNAVAILABLE when the data are in the folder of another home
 */
export async function withDataOf<T>(
  run: RunRecord,
  { home, stores }: { readonly home: Home; readonly stores: Stores },
  use: (stores: Stores) => Promise<T>,
): Promise<T> {
  if (isDataOf(run, home)) return use(stores);
  if (isFolder(run.datastore) && home.shared) throw elsewhere(run, home);
  const datastore = await openDatastore(run.datastore);
  await stores.datastore.close();
  try {
    return await use({ ...stores, datastore });
  } catch (error) {
    await datastore.close();
    throw error;
  }
}

const isFolder = (url: string): boolean => url.startsWith('file:');

const isDataOf = ({ datastore }: RunRecord, home: Home): boolean =>
  datastore === home.datastore || (!home.shared && isFolder(datastore) && isFolder(home.datastore));

const elsewhere = ({ flow, id, datastore }: RunRecord, home: Home): LeatError =>
  new LeatError(
    'STORE_UNAVAILABLE',
    `the data of '${flow}/${id}' are in '${datastore}', and those of this home in '${home.datastore}'`,
    { hint: 'Call it where the run was started, or name that home with --home FOLDER.' },
  );

/**
 * Which runs have their data in a home's datastore, for {@link allRuns}; metadata know others too. A project that was moved took its
 * folder along, so folders count as one unless several homes share the metadata.
 */
export const dataHere = ({ shared, datastore }: Home): DataPlace =>
  shared || !isFolder(datastore) ? { datastore } : { scheme: 'file' };

/** Closes both; a store that cannot be closed has nothing more to lose. */
export async function closeStores({ metadata, datastore }: Stores): Promise<void> {
  await Promise.allSettled([metadata.close(), datastore.close()]);
}
