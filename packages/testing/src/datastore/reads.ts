/** What cases read of a store, where one call does not give it. */
import type { Datastore } from 'leat/datastore';

/** The keys that a store lists below a prefix, in their order. */
export async function keys(store: Datastore, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found.toSorted();
}

/** A stream whole; `undefined` when there is none. */
export async function readAll(stream: AsyncIterable<Uint8Array> | undefined): Promise<Buffer | undefined> {
  if (stream === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
