/**
 * Where a project keeps what Leat writes, and who is asking. Decided once at the edge; everything else takes arguments.
 */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The folder of a project's runs: `metadata.db`, `store/`, `cache/`. */
export interface Home {
  readonly folder: string;
  /** URL of the datastore. */
  readonly datastore: string;
  /** Path of the metadata's database. */
  readonly metadata: string;
  /** Folder of what can be made again at any time. */
  readonly cache: string;
}

export interface HomeOptions {
  /** `--home`; wins over `LEAT_HOME`. */
  readonly home?: string | undefined;
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
 * else `.leat` in the working directory. Creates nothing.
 */
export function resolveHome({ home, cwd = process.cwd(), env = process.env }: HomeOptions = {}): Home {
  const told = home ?? env['LEAT_HOME'];
  const folder = told ? resolve(cwd, told) : join(projectFolder(cwd), homeName);
  return {
    folder,
    datastore: pathToFileURL(join(folder, 'store')).href,
    metadata: join(folder, 'metadata.db'),
    cache: join(folder, 'cache'),
  };
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
