/**
 * Blobs: content under the name of its hash. Writing one that is there already is harmless and costs a look. Knows
 * encodings, hashes and the blob format; not what an artifact is.
 */
import {
  blobHeadBytes,
  blobParts,
  type BlobHead,
  corrupt,
  readBlobBody,
  readBlobHead,
} from './blob-format.ts';
import type { StoredEncoding } from './codec/decode-value.ts';
import { type Encoding, hashParts } from './codec/encoding.ts';
import type { Datastore, ObjectFacts } from './datastore.ts';
import { blobKey } from './keys.ts';

/** A blob that is used again is written again when it is older than this, so that it never looks old to {@link sweepBlobs}. */
export const refreshAfterMs: number = 12 * 60 * 60 * 1000;

// Larger values are read in two calls, so that a typed array gets memory of its own without a copy.
const wholeReadBytes = 256 * 1024;

/** A store that takes content to write it while its caller goes on. */
export interface ContentWriter {
  writeContent(key: string, parts: readonly Uint8Array[]): void;
}

/** Writes the blob of an encoding unless it is there. */
export function saveBlobSync(
  store: Datastore & Partial<ContentWriter>,
  hash: string,
  { head, body }: Encoding,
): void {
  const key = blobKey(hash);
  if (store.writeContent !== undefined) store.writeContent(key, blobParts(head, body));
  else if (!isFresh(store.statSync(key))) store.putSync(key, blobParts(head, body));
}

/** Writes bytes under a key that names their content, unless they are there. */
export async function saveContent(
  store: Datastore,
  key: string,
  parts: readonly Uint8Array[],
): Promise<void> {
  if (!isFresh(await store.stat(key))) await store.put(key, parts);
}

/** Whether a blob is there and will be long enough. */
export const isFresh = (facts: ObjectFacts | undefined): boolean =>
  facts !== undefined && Date.now() - facts.modifiedAt < refreshAfterMs;

/** Reads a blob and checks its hash; `size` is that of its encoding. Throws `STORE_CORRUPT` when it is gone or damaged. */
export function loadBlobSync(store: Datastore, hash: string, size: number): StoredEncoding {
  const key = blobKey(hash);
  if (size <= wholeReadBytes) return openBlob(key, hash, present(key, store.getSync(key)));
  const head = readBlobHead(key, present(key, store.getSync(key, { start: 0, end: blobHeadBytes })));
  const range = { start: head.storedStart, end: head.storedStart + head.storedLength };
  return checkBlob(key, hash, head, present(key, store.getSync(key, range)));
}

/** {@link loadBlobSync}, asynchronously. */
export async function loadBlob(store: Datastore, hash: string, size: number): Promise<StoredEncoding> {
  const key = blobKey(hash);
  if (size <= wholeReadBytes) return openBlob(key, hash, present(key, await store.get(key)));
  const head = readBlobHead(key, present(key, await store.get(key, { start: 0, end: blobHeadBytes })));
  const range = { start: head.storedStart, end: head.storedStart + head.storedLength };
  return checkBlob(key, hash, head, present(key, await store.get(key, range)));
}

/** The encoding in all bytes of a blob, hash checked. */
export function openBlob(key: string, hash: string, bytes: Uint8Array): StoredEncoding {
  const head = readBlobHead(key, bytes);
  return checkBlob(key, hash, head, bytes.subarray(head.storedStart));
}

function checkBlob(key: string, hash: string, head: BlobHead, stored: Uint8Array): StoredEncoding {
  const body = readBlobBody(key, head, stored);
  if (hashParts([head.head, body]) !== hash)
    throw corrupt(key, 'its content has another hash than its name says');
  return { codec: head.codec, rest: head.rest, body };
}

function present(key: string, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw corrupt(key, 'it is gone from the datastore');
  return bytes;
}
