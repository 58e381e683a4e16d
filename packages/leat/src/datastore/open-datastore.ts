/**
 * Opens a datastore by its URL. A driver is chosen by the scheme and loaded only then. The only file that knows the
 * drivers' names.
 */
import { fileURLToPath } from 'node:url';
import { LeatError } from '../errors/index.ts';
import type { Datastore } from './datastore.ts';

const drivers: Readonly<Record<string, (url: URL) => Promise<Datastore>>> = {
  file: async (url) => (await import('./fs/index.ts')).openFsDatastore(fileURLToPath(url)),
};

/**
 * Opens the datastore at a URL such as `file:///data/leat/store`. Throws `OPTION_INVALID` for what is no URL and for a
 * scheme that no driver has, `STORE_UNAVAILABLE` when it cannot be opened.
 *
 * @example const store = await openDatastore('file:///home/ada/project/.leat/store');
 */
export async function openDatastore(url: string): Promise<Datastore> {
  const parsed = URL.parse(url);
  const open = parsed === null ? undefined : drivers[parsed.protocol.slice(0, -1)];
  if (parsed !== null && open !== undefined) return open(parsed);
  throw new LeatError('OPTION_INVALID', `no datastore driver can open '${url}'`, {
    hint: `A URL is expected; known: ${Object.keys(drivers)
      .map((name) => `${name}:`)
      .join(', ')}`,
  });
}
