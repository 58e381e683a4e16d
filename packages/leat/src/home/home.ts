/**
 * Where a project keeps what Leat writes, and who is asking. Decided once at the edge; everything else takes arguments.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder of a project's runs: `metadata.db`, `store/`, `cache/`. */
export interface Home {
  readonly folder: string;
  /** URL of the datastore. */
  readonly datastore: string;
  /** Path of the metadata's database, or the URL that was told. */
  readonly metadata: string;
  /** The metadata were told by a URL: they may hold runs of other homes too. */
  readonly shared: boolean;
  /** Folder of what can be made again at any time. */
  readonly cache: string;
}

export interface HomeOptions {
  /** `--home`; wins over `LEAT_HOME`. */
  readonly home?: string | undefined;
  /** `--metadata`, a URL; wins over `LEAT_METADATA`. */
  readonly metadata?: string | undefined;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
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
 * else `.leat` in the working directory. The metadata are there unless `--metadata` or `LEAT_METADATA` says otherwise. Creates
 * nothing.
 */
export function resolveHome({
  home,
  metadata,
  cwd = process.cwd(),
  env = process.env,
}: HomeOptions = {}): Home {
  const told = home ?? env['LEAT_HOME'];
  const folder = told ? resolve(cwd, told) : join(projectFolder(cwd), homeName);
  const url = metadata ?? env['LEAT_METADATA'];
  return {
    folder,
    datastore: pathToFileURL(join(folder, url ? storeOf(url) : 'store')).href,
    metadata: url ? url : join(folder, 'metadata.db'),
    shared: Boolean(url),
    cache: join(folder, 'cache'),
  };
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
export function currentUser(env: Readonly<Record<string, string | undefined>> = process.env): string {
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
export function currentNamespace(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return env['LEAT_NAMESPACE'] || `user:${currentUser(env)}`;
}

/** Whether a namespace is none, but says that everybody's runs are meant: `'*'`, or `'global'`. */
export const meansEverybody = (namespace: string): boolean => namespace === '*' || namespace === 'global';
