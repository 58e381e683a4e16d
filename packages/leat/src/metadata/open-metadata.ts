/**
 * Opens the metadata by where it is. A driver is chosen by the URL's scheme and loaded only then; a path is SQLite in
 * that folder. The only file that knows the drivers' names.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LeatError } from '../errors/index.ts';
import { withoutPassword } from '../errors/without-password.ts';
import { importPackage } from '../errors/import-package.ts';
import type { MetadataStore } from './metadata-store.ts';

interface Driver {
  /** Whether there is something at the URL already. */
  exists(url: string): boolean;
  open(url: string): Promise<MetadataStore>;
}

const sqliteFile = (url: string): string => fileURLToPath(`file:${url.slice('sqlite:'.length)}`);

const postgres: Driver = {
  // Only the server knows; opening it is what asks.
  exists: () => true,
  open: async (url) => {
    const { openPostgresStore } = await importPackage<{ openPostgresStore: Driver['open'] }>(
      '@leat/postgres',
    );
    return openPostgresStore(url);
  },
};

const drivers: Readonly<Record<string, Driver>> = {
  sqlite: {
    exists: (url) => existsSync(sqliteFile(url)),
    open: async (url) => (await import('./sqlite/sqlite-store.ts')).openSqliteStore(sqliteFile(url)),
  },
  postgres,
  postgresql: postgres,
};

const scheme = /^([a-z][a-z0-9+.-]+):/;

/** Name of the database file in a home folder. */
const fileName = 'metadata.db';

const fileAt = (path: string): string => (basename(path) === fileName ? path : join(path, fileName));

/**
 * Opens the metadata, creating it when it is not there.
 *
 * `where` is a home folder (`.leat`), the `metadata.db` in it, or a URL (`sqlite:///data/leat/metadata.db`,
 * `postgres://db.example/leat`). Throws `METADATA_UNAVAILABLE`, `METADATA_SCHEMA`, and `OPTION_INVALID` for a URL that
 * cannot be used or a driver that is not installed.
 *
 * @example const metadata = await openMetadata('.leat');
 */
export async function openMetadata(where: string): Promise<MetadataStore> {
  const driver = driverOf(where);
  if (driver !== undefined) return driver.open(where);
  const { openSqliteStore } = await import('./sqlite/sqlite-store.ts');
  return openSqliteStore(fileAt(where));
}

/** Whether there is metadata at `where` already: lets a reader look without creating anything. */
export function metadataExists(where: string): boolean {
  const driver = driverOf(where);
  return driver === undefined ? existsSync(fileAt(where)) : driver.exists(where);
}

/** The driver of a URL; `undefined` for a path. */
function driverOf(where: string): Driver | undefined {
  const name = scheme.exec(where)?.[1];
  if (name === undefined) return undefined;
  const driver = Object.hasOwn(drivers, name) ? drivers[name] : undefined;
  if (driver !== undefined) return driver;
  throw new LeatError(
    'OPTION_INVALID',
    `no metadata driver is called '${name}' (in '${withoutPassword(where)}')`,
    {
      hint: `Known: a folder, ${Object.keys(drivers)
        .map((known) => `${known}:`)
        .join(', ')}`,
    },
  );
}
