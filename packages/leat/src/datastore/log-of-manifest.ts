import type { Datastore } from './datastore.ts';
import { logKey, parseTask } from './keys.ts';
import { parsePackedKey } from './packs/packed-key.ts';
import { readManifest } from './read-manifest.ts';

/**
 * Key of the log of the attempt that wrote a manifest: beside it, or, for one in a pack, where the manifest says. Throws
 * `STORE_CORRUPT` when it is damaged. There need not be such a log: most tasks print nothing.
 */
export async function logOfManifest(store: Datastore, key: string): Promise<string> {
  const beside = key.replace(/\.json$/, '.log');
  const pack = parsePackedKey(key)?.pack;
  if (pack === undefined) return beside;
  const manifest = await readManifest(store, key);
  const address = manifest === undefined ? undefined : parseTask(manifest.task);
  const [, flow, run] = pack.split('/', 3);
  if (manifest === undefined || address === undefined || flow === undefined || run === undefined)
    return beside;
  return logKey(flow, run, address, manifest.attempt);
}
