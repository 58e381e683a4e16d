/**
 * Work objects: what many remote jobs are told, in one object that each of them reads its own part of, so that nothing that is sent to
 * a platform grows with the fan-out. Messages of one step are much alike, so they are compressed, in blocks that are read alone:
 *
 *     8 bytes   magic
 *     4 bytes   number of messages
 *     6 bytes   for each block where it begins, and where the last one ends
 *     blocks    up to 32 messages, a line of JSON each, compressed (zstd)
 */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompressSync } from 'node:zlib';
import type { ByteRange, Datastore } from '../datastore/datastore.ts';
import { LeatError } from '../errors/index.ts';
import type { TaskMessage } from '../plan/task-message.ts';

const magic = Buffer.from('leatwrk1', 'latin1');
const headBytes = magic.length + 4;
const entryBytes = 6;
/** Small enough to be read for one message, large enough to be compressed to a thirtieth. */
const perBlock = 32;
/** Read at first: a small object whole, and of a large one the place of a block. */
const firstRead = 16 * 1024;
/** Messages are small: one that is larger was never written by us. */
const largestBlock = 1024 ** 3;

/**
 * Stores what many jobs are told as one object, over any older one.
 *
 * @param key see `workKey`
 * @param messages of the jobs, in the order of their numbers
 * @throws LeatError STORE_UNAVAILABLE
 * @example await writeWork(store, workKey(spec, 'a1b2'), requests.map(messageOf));
 */
export async function writeWork(
  store: Datastore,
  key: string,
  messages: readonly TaskMessage[],
): Promise<void> {
  await store.put(key, await encodeWork(messages));
}

/** The parts of a work object. */
async function encodeWork(messages: readonly TaskMessage[]): Promise<readonly Uint8Array[]> {
  const compress = promisify(zstdCompress);
  const blocks: Uint8Array[] = [];
  for (let first = 0; first < messages.length; first += perBlock) {
    const lines = messages.slice(first, first + perBlock).map((message) => JSON.stringify(message));
    blocks.push(await compress(Buffer.from(lines.join('\n'))));
  }
  const head = Buffer.alloc(headBytes + (blocks.length + 1) * entryBytes);
  magic.copy(head);
  head.writeUInt32BE(messages.length, magic.length);
  let place = head.length;
  for (const [at, block] of blocks.entries()) {
    head.writeUIntBE(place, headBytes + at * entryBytes, entryBytes);
    place += block.byteLength;
  }
  head.writeUIntBE(place, headBytes + blocks.length * entryBytes, entryBytes);
  return [head, ...blocks];
}

/**
 * What job number `index` (from 0) is told. One read of the datastore when the object is small, else two, however many jobs there are.
 *
 * @throws LeatError STORE_CORRUPT when there is no such object or no such number; STORE_UNAVAILABLE
 */
export async function readWork(store: Datastore, key: string, index: number): Promise<TaskMessage> {
  const place = await findBlock(store, key, index);
  const block = 'bytes' in place ? place.bytes : await store.get(key, place);
  const line = block === undefined ? undefined : linesOf(block)?.[index % perBlock];
  if (line === undefined) throw broken(key, `has no number ${index}`);
  return JSON.parse(line) as TaskMessage;
}

/** The block of a message, or where it is. */
async function findBlock(
  store: Datastore,
  key: string,
  index: number,
): Promise<{ readonly bytes: Uint8Array } | ByteRange> {
  const entryAt = headBytes + Math.floor(index / perBlock) * entryBytes;
  const entryEnd = entryAt + 2 * entryBytes;
  const isNear = entryEnd <= firstRead;
  const read = await store.get(
    key,
    isNear ? { start: 0, end: firstRead } : { start: entryAt, end: entryEnd },
  );
  if (read === undefined) throw broken(key, 'is not there');
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
  if (isNear) checkHead(bytes, key, index);
  const at = isNear ? entryAt : 0;
  if (at + 2 * entryBytes > bytes.length) throw broken(key, `has no number ${index}`);
  const start = bytes.readUIntBE(at, entryBytes);
  const end = bytes.readUIntBE(at + entryBytes, entryBytes);
  if (end < start || end - start > largestBlock) throw broken(key, 'is damaged');
  return isNear && end <= bytes.length ? { bytes: bytes.subarray(start, end) } : { start, end };
}

function checkHead(bytes: Buffer, key: string, index: number): void {
  if (bytes.length < headBytes || !bytes.subarray(0, magic.length).equals(magic))
    throw broken(key, 'is damaged');
  const count = bytes.readUInt32BE(magic.length);
  if (index >= count) throw broken(key, `has no number ${index}: it holds ${count}`);
}

const broken = (key: string, what: string): LeatError =>
  new LeatError('STORE_CORRUPT', `the work object '${key}' ${what}`, {
    hint: 'It goes with its run: was the run removed? Run the flow again.',
  });

function linesOf(block: Uint8Array): readonly string[] | undefined {
  try {
    return zstdDecompressSync(block, { maxOutputLength: largestBlock }).toString().split('\n');
  } catch {
    return undefined;
  }
}
