import { crc32 } from 'node:zlib';
import { corrupt } from '../blob-format.ts';
import { decodeValue } from '../codec/decode-value.ts';
import { readHead } from '../codec/encoding.ts';
import type { Datastore } from '../datastore.ts';
import { StoredFile } from '../files/stored-file.ts';
import type { ReadAhead } from '../read-ahead.ts';
import type { ItemPlace } from './item-index.ts';
import { checksumBytes } from './write-items.ts';

/**
 * Reads one item of a foreach: its own bytes and no others, unless many are read (`ahead`). Throws `STORE_CORRUPT` when they
 * are gone or damaged.
 */
export function readItem(store: Datastore, place: ItemPlace, ahead?: ReadAhead): unknown {
  const { key, offset, length } = place;
  // A value may be a view on its bytes, and the step may write to it.
  if (ahead !== undefined) {
    const bytes = ahead.read(place);
    return decodeItem(store, key, length, bytes === undefined ? undefined : new Uint8Array(bytes));
  }
  return decodeItem(store, key, length, store.getSync(key, { start: offset, end: offset + length }));
}

/** {@link readItem}, asynchronously. */
export async function readItemAsync(store: Datastore, { key, offset, length }: ItemPlace): Promise<unknown> {
  return decodeItem(store, key, length, await store.get(key, { start: offset, end: offset + length }));
}

function decodeItem(store: Datastore, key: string, length: number, bytes: Uint8Array | undefined): unknown {
  if (bytes === undefined) throw corrupt(key, 'it is gone from the datastore');
  if (bytes.byteLength !== length)
    throw corrupt(key, `it ends before the item: ${bytes.byteLength} of ${length} bytes are there`);
  const encoding = bytes.subarray(checksumBytes);
  const head = readHead(encoding);
  const sum = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32LE(0);
  if (head === undefined || crc32(encoding) !== sum) throw corrupt(key, 'the checksum of the item is wrong');
  const body = encoding.subarray(head.length);
  return decodeValue(
    key,
    { codec: head.codec, rest: head.rest, body },
    (facts) => new StoredFile(store, facts),
  );
}
