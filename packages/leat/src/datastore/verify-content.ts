/**
 * Whether an object is what its name says. Values, files, items and their indexes are named by the hash of their content, so
 * the store can be checked without knowing what refers to what. Memory does not grow with the object.
 */
import { createHash } from 'node:crypto';
import { isLeatError } from '../errors/index.ts';
import { blobHeadBytes, type BlobHead, openSegment, readBlobHead, segmentBytes } from './blob-format.ts';
import type { Datastore } from './datastore.ts';

const contentKey = /^blobs\/(?<first>[\da-f]{2})\/(?<rest>[\da-f]{62})(?<kind>\.raw|\.items|\.index)?$/;

/** What {@link verifyContent} says of an object that is not there. */
export const goneReason = 'it is gone from the datastore';

/**
 * What is wrong with an object; `undefined` when it is what its name says, or when its name says nothing of its content.
 * Throws `STORE_UNAVAILABLE` when it cannot be read.
 */
export async function verifyContent(store: Datastore, key: string): Promise<string | undefined> {
  const facts = await store.stat(key);
  if (facts === undefined) return goneReason;
  const groups = contentKey.exec(key)?.groups;
  if (groups === undefined) return undefined;
  const isValue = groups['kind'] === undefined;
  try {
    const hash = await hashOf(isValue ? encodingPieces(store, key, facts.size) : wholePieces(store, key));
    if (hash === `${groups['first']}${groups['rest']}`) return undefined;
    return 'its content has another hash than its name says';
  } catch (error) {
    if (isLeatError(error) && error.code === 'STORE_UNAVAILABLE') throw error;
    return error instanceof Damage ? error.message : 'it is cut off, or is no value that Leat wrote';
  }
}

async function hashOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const sum = createHash('sha256');
  for await (const piece of pieces) sum.update(piece);
  return sum.digest('hex');
}

class Damage extends Error {}

async function* wholePieces(store: Datastore, key: string): AsyncGenerator<Uint8Array> {
  const pieces = await store.getStream(key);
  if (pieces === undefined) throw new Damage(goneReason);
  yield* pieces;
}

/** The encoding of a value in pieces: its head, then its body, decompressed. */
async function* encodingPieces(store: Datastore, key: string, size: number): AsyncGenerator<Uint8Array> {
  const head = readBlobHead(key, await bytesOf(store, key, 0, blobHeadBytes));
  const written = head.storedStart + head.storedLength;
  if (size !== written) throw new Damage(`it has ${size} bytes where ${written} were written`);
  yield head.head;
  if (head.compressed) {
    yield* segments(store, key, head);
    return;
  }
  for (let at = head.storedStart; at < written; at += segmentBytes)
    yield await bytesOf(store, key, at, Math.min(written, at + segmentBytes));
}

async function* segments(store: Datastore, key: string, head: BlobHead): AsyncGenerator<Uint8Array> {
  const count = Math.ceil(head.bodyLength / segmentBytes);
  let at = head.storedStart + 4 * count;
  const table = Buffer.from(await bytesOf(store, key, head.storedStart, at));
  for (let index = 0; index < count; index++) {
    const length = table.readUInt32LE(4 * index);
    const size = Math.min(segmentBytes, head.bodyLength - index * segmentBytes);
    const end = Math.min(at + length, head.storedStart + head.storedLength);
    yield openSegment(await bytesOf(store, key, at, end), size);
    at += length;
  }
}

async function bytesOf(store: Datastore, key: string, start: number, end: number): Promise<Uint8Array> {
  const bytes = await store.get(key, { start, end });
  if (bytes === undefined) throw new Damage(goneReason);
  return bytes;
}
