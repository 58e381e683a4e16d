/**
 * Opens a datastore by its URL. A driver is chosen by the scheme; one that is a package of its own is loaded only then. The only
 * file that knows the drivers' names.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { importPackage } from '../errors/import-package.ts';
import { LeatError } from '../errors/index.ts';
import type { Datastore } from './datastore.ts';
import { openFsDatastore } from './fs/index.ts';

type Open = (url: string, driver: string | undefined) => Promise<Datastore>;

/** A driver in a file of its own: one CommonJS module, for processes that have no packages. */
interface DriverFile {
  openDatastore(url: string): Datastore;
}

const drivers: Readonly<Record<string, Open>> = {
  file: async (url) => openFsDatastore(fileURLToPath(url)),
  s3: async (url, driver) => {
    if (driver !== undefined) return loadDriver(driver).openDatastore(url);
    const { openS3Datastore } = await importPackage<{ openS3Datastore: (url: string) => Datastore }>(
      '@leat/aws/s3',
    );
    return openS3Datastore(url);
  },
};

// `require`: a module's loader is some milliseconds more, and this is what a task waits for.
function loadDriver(file: string): DriverFile {
  const requireFile = typeof require === 'function' ? require : createRequire(import.meta.url);
  return requireFile(file) as DriverFile;
}

/**
 * Opens the datastore at a URL such as `file:///data/leat/store` or `s3://bucket/prefix`. Throws `OPTION_INVALID` for what is no
 * URL, for a scheme that no driver has and for a driver that is not installed, `STORE_UNAVAILABLE` when it cannot be opened.
 *
 * @param driver file of the driver ({@link Datastore.driver}), where there are no packages to look for it in
 * @example const store = await openDatastore('file:///home/ada/project/.leat/store');
 */
export async function openDatastore(url: string, driver?: string): Promise<Datastore> {
  const scheme = /^([a-z][a-z0-9+.-]*):/.exec(url)?.[1];
  const open = scheme !== undefined && Object.hasOwn(drivers, scheme) ? drivers[scheme] : undefined;
  if (open !== undefined) return open(url, driver);
  throw new LeatError('OPTION_INVALID', `no datastore driver can open '${url}'`, {
    hint: `A URL is expected; known: ${Object.keys(drivers)
      .map((name) => `${name}:`)
      .join(', ')}`,
  });
}
