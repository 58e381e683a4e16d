/**
 * Where a project keeps what Leat writes, and who is asking. Decided once at the edge; everything else takes arguments.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Environment, type Profile, readProfile } from './profile.ts';
import { newStoreId, placeUnder, readStoreId } from './store-id.ts';

/** The folder of a project's runs: `metadata.db`, `store/`, `cache/`. */
export interface Home {
  readonly folder: string;
  /** URL of the datastore. */
  readonly datastore: string;
  /** The name of this home's place in a datastore elsewhere (`home/store-id.ts`), when it is still to be kept. */
  readonly newStoreId?: string;
  /** Path of the metadata's database, or the URL that was told. */
  readonly metadata: string;
  /** The metadata were told by a URL: they may hold runs of other homes too. */
  readonly shared: boolean;
  /** Folder of what can be made again at any time. */
  readonly cache: string;
  /** The profile that holds, if there is one. */
  readonly profile?: Profile;
}

export interface HomeOptions {
  /** `--home`; wins over `LEAT_HOME`. */
  readonly home?: string | undefined;
  /** `--metadata`, a URL; wins over `LEAT_METADATA`. */
  readonly metadata?: string | undefined;
  /** `--datastore`, a URL; wins over `LEAT_DATASTORE`. */
  readonly datastore?: string | undefined;
  /** `--profile`; wins over `LEAT_PROFILE`. */
  readonly profile?: string | undefined;
  readonly cwd?: string;
  readonly env?: Environment;
}

/** What a project's home is called unless told. */
export const homeName = '.leat';

const marks = [homeName, 'package.json', '.git'];

function projectFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (marks.some((mark) => existsSync(join(folder, mark)))) return folder;
    if (dirname(folder) === folder) return from;
  }
}

/**
 * `--home`, else `LEAT_HOME`, else `.leat` in the nearest folder upwards that has `.leat`, `package.json` or `.git`,
 * else `.leat` in the working directory. The metadata are there unless `--metadata`, `LEAT_METADATA` or the profile says otherwise,
 * and so is the datastore unless `--datastore`, `LEAT_DATASTORE` or the profile does. Creates nothing.
 *
 * @throws LeatError OPTION_INVALID when the profile cannot be used
 */
export function resolveHome(options: HomeOptions = {}): Home {
  const { env = process.env } = options;
  const profile = readProfile(options.profile, env);
  const folder = folderOf(options, env);
  return {
    folder,
    ...storesOf(folder, toldStores(options, profile, env)),
    cache: join(folder, 'cache'),
    ...(profile && { profile }),
  };
}

function folderOf({ home, cwd = process.cwd() }: HomeOptions, env: Environment): string {
  const told = home ?? env['LEAT_HOME'];
  return told ? resolve(cwd, told) : join(projectFolder(cwd), homeName);
}

/** Where somebody has said that the stores are: on the command line, in a variable, in the profile. */
function toldStores(
  { datastore, metadata }: HomeOptions,
  profile: Profile | undefined,
  env: Environment,
): Pick<HomeOptions, 'datastore' | 'metadata'> {
  return {
    datastore: datastore ?? (env['LEAT_DATASTORE'] || profile?.values.datastore),
    metadata: metadata ?? (env['LEAT_METADATA'] || profile?.values.metadata),
  };
}

/** Where the stores are: where somebody has said, else in the folder. */
function storesOf(
  folder: string,
  { datastore, metadata }: Pick<HomeOptions, 'metadata' | 'datastore'>,
): Pick<Home, 'datastore' | 'newStoreId' | 'metadata' | 'shared'> {
  return {
    ...datastoreOf(folder, { datastore, metadata }),
    metadata: metadata || join(folder, 'metadata.db'),
    shared: Boolean(metadata),
  };
}

function datastoreOf(
  folder: string,
  { datastore, metadata }: Pick<HomeOptions, 'metadata' | 'datastore'>,
): Pick<Home, 'datastore' | 'newStoreId'> {
  if (!datastore) {
    return { datastore: pathToFileURL(join(folder, metadata ? storeOf(metadata) : 'store')).href };
  }
  // Whoever shares metadata shares the datastore, as it was told.
  if (metadata) return { datastore: datastore.replace(/(?<=[^/])\/+$/, '') };
  const kept = readStoreId(folder);
  const id = kept ?? newStoreId();
  return { datastore: placeUnder(datastore, id), ...(kept === undefined && { newStoreId: id }) };
}

/**
 * Numbers of runs are given by the metadata, and name folders of the datastore: each metadata has a datastore of its own in a
 * home, or two runs would write to the same place. Named by where the metadata are, whoever asks there.
 */
function storeOf(metadata: string): string {
  return `store-${createHash('sha256').update(placeOf(metadata)).digest('hex').slice(0, 12)}`;
}

function placeOf(metadata: string): string {
  try {
    const { protocol, host, pathname, searchParams } = new URL(metadata);
    const facts = ['host', 'port', 'schema'].map((name) => searchParams.get(name) ?? '');
    return [protocol.replace('postgresql:', 'postgres:'), host, pathname, ...facts].join('\n');
  } catch {
    return metadata;
  }
}

/** The name that runs are filed under: `LEAT_USER`, else the account's name. */
export function currentUser(env: Environment = process.env): string {
  const told = env['LEAT_USER'];
  if (told) return told;
  try {
    return userInfo().username;
  } catch {
    // An account without an entry in the user database (containers with a bare uid) has no name to ask for.
    return 'unknown';
  }
}

/** `LEAT_NAMESPACE`, else `user:NAME`. */
export function currentNamespace(env: Environment = process.env): string {
  return env['LEAT_NAMESPACE'] || `user:${currentUser(env)}`;
}

/** Whether a namespace is none, but says that everybody's runs are meant: `'*'`, or `'global'`. */
export const meansEverybody = (namespace: string): boolean => namespace === '*' || namespace === 'global';
