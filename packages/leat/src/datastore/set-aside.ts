import type { Datastore } from './datastore.ts';

const prefix = 'damaged/';

/**
 * Moves an object out of the way, so that whoever has its content stores it again; nothing is lost. Returns its new key.
 * Not for objects that somebody may be writing at the moment.
 */
export async function setAside(store: Datastore, key: string): Promise<string> {
  const target = prefix + key;
  const pieces = await store.getStream(key);
  if (pieces !== undefined) await store.putStream(target, pieces);
  await store.delete([key]);
  return target;
}
