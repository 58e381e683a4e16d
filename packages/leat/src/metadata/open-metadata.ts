/**
 * Opens the metadata by where it is. A driver is chosen by the URL's scheme and loaded only then; a path is SQLite in
 * that folder. The only file that knows the drivers' names.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LeatError } from '../errors/index.ts';
import type { MetadataStore } from './metadata-store.ts';

interface Driver {
  /** Whether there is something at the URL already. */
  exists(url: URL): boolean;
  open(url: URL): Promise<MetadataStore>;
}

const sqliteFile = (url: URL): string => fileURLToPath(`file:${url.href.slice(url.protocol.length)}`);

const drivers: Readonly<Record<string, Driver>> = {
  sqlite: {
    exists: (url) => existsSync(sqliteFile(url)),
    open: async (url) => (await import('./sqlite/sqlite-store.ts')).openSqliteStore(sqliteFile(url)),
  },
};

const scheme = /^([a-z][a-z0-9+.-]+):/;

/** Name of the database file in a home folder. */
const fileName = 'metadata.db';

/**
 * Opens the metadata, creating it when it is not there.
 *
 * `where` is a home folder (`.leat`: the file is `metadata.db` in it) or a URL (`sqlite:///data/leat/metadata.db`).
 * Throws `METADATA_UNAVAILABLE`, `METADATA_SCHEMA`, and `OPTION_INVALID` for a scheme that no driver has.
 *
 * @example const metadata = await openMetadata('.leat');
 */
export async function openMetadata(where: string): Promise<MetadataStore> {
  const found = driverOf(where);
  if (found !== undefined) return found.driver.open(found.url);
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts');
  return openSqliteStore(join(where, fileName));
}

/** Whether there is metadata at `where` already: lets a reader look without creating anything. */
export function metadataExists(where: string): boolean {
  const found = driverOf(where);
  return found === undefined ? existsSync(join(where, fileName)) : found.driver.exists(found.url);
}

/** The driver of a URL; `undefined` for a path. */
function driverOf(where: string): { readonly driver: Driver; readonly url: URL } | undefined {
  const name = scheme.exec(where)?.[1];
  if (name === undefined) return undefined;
  const driver = drivers[name];
  if (driver === undefined) {
    throw new LeatError('OPTION_INVALID', `no metadata driver is called '${name}' (in '${where}')`, {
      hint: `Known: a folder, ${Object.keys(drivers)
        .map((known) => `${known}:`)
        .join(', ')}`,
    });
  }
  return { driver, url: new URL(where) };
}
