/**
 * The items of a foreach, stored so that a task reads its own bytes only, however many there are. Items stand one after
 * the other in blocks, each as `[crc32][encoding]`; the index lists the blocks and where each item begins. Everything is
 * named by its content: a second attempt of the split writes the same objects again.
 */
import { crc32 } from 'node:zlib';
import { LeatError } from '../../errors/index.ts';
import { saveContent } from '../blob-store.ts';
import { encodeValue } from '../codec/encode-value.ts';
import { type Encoding, hashParts } from '../codec/encoding.ts';
import type { Datastore } from '../datastore.ts';
import { storeFiles } from '../files/store-files.ts';
import { UnstoredFile } from '../files/file-value.ts';
import type { ItemBlock, StoredItems } from '../manifest.ts';
import { blockKey, indexKey } from './item-key.ts';

const blockBytes = 256 * 1024;
const blockItems = 4096;
/** Bytes of the checksum before each item's encoding. */
export const checksumBytes = 4;

/** What a foreach may go over. */
export type Items = Iterable<unknown> | AsyncIterable<unknown>;

/**
 * Stores the items of a foreach; takes them one by one, and holds one block of them and 8 bytes for each.
 *
 * @throws LeatError ARTIFACT_UNSUPPORTED naming the item (`items[3].fn is a function`); errors of the iterable as they are
 */
export async function writeItems(store: Datastore, items: Items): Promise<StoredItems> {
  const writer = new ItemWriter(store);
  if (isAsync(items)) for await (const item of items) await writer.add(item);
  else {
    for (const item of items) {
      const waiting = writer.add(item);
      if (waiting !== undefined) await waiting;
    }
  }
  return await writer.end();
}

function isAsync(items: Items): items is AsyncIterable<unknown> {
  if (typeof items === 'object' && items !== null && Symbol.asyncIterator in items) return true;
  if (
    items !== null &&
    items !== undefined &&
    typeof (items as Iterable<unknown>)[Symbol.iterator] === 'function'
  )
    return false;
  throw new LeatError(
    'TRANSITION_INVALID',
    `foreach got ${items === null ? 'null' : typeof items}, expected an array or another iterable`,
    {
      hint: 'this.next(this.train, { foreach: this.items }), where this.items is an array, or a sync or async iterable.',
    },
  );
}

class ItemWriter {
  readonly #store: Datastore;
  readonly #blocks: ItemBlock[] = [];
  #count = 0;
  #parts: Uint8Array[] = [];
  #offsets: number[] = [0];
  #end = 0;
  #files = new Set<string>();

  constructor(store: Datastore) {
    this.#store = store;
  }

  /** Adds an item; a promise only when the store has to be waited for. */
  add(item: unknown): Promise<void> | undefined {
    const root = `items[${this.#count}]`;
    let encoding: Encoding;
    try {
      encoding = encodeValue(root, item);
    } catch (error) {
      if (!(error instanceof UnstoredFile)) throw error;
      return storeFiles(this.#store, root, item).then(async () => await this.#take(encodeValue(root, item)));
    }
    return this.#take(encoding);
  }

  async end(): Promise<StoredItems> {
    await this.#endBlock();
    if (this.#count === 0) return { count: 0 };
    const bytes = Buffer.from(JSON.stringify(this.#blocks), 'utf8');
    const index = indexKey(hashParts([bytes]));
    await saveContent(this.#store, index, [bytes]);
    return { count: this.#count, index };
  }

  #take({ codec, head, body, files }: Encoding): Promise<void> | undefined {
    const checksum = Buffer.allocUnsafe(checksumBytes);
    checksum.writeUInt32LE(crc32(body, crc32(head)));
    // The body may be a view on memory that the program goes on to write to.
    this.#parts.push(checksum, head, codec === 'bytes/1' ? Buffer.from(body) : body);
    this.#end += checksumBytes + head.byteLength + body.byteLength;
    this.#offsets.push(this.#end);
    this.#count += 1;
    for (const file of files) this.#files.add(file);
    return this.#end >= blockBytes || this.#offsets.length > blockItems ? this.#endBlock() : undefined;
  }

  async #endBlock(): Promise<void> {
    if (this.#parts.length === 0) return;
    const bytes = Buffer.concat(this.#parts);
    const key = blockKey(hashParts([bytes]));
    const first = this.#count - (this.#offsets.length - 1);
    const files = [...this.#files];
    this.#blocks.push({ key, first, offsets: this.#offsets, ...(files.length > 0 ? { files } : {}) });
    this.#parts = [];
    this.#offsets = [0];
    this.#end = 0;
    this.#files = new Set();
    await saveContent(this.#store, key, [bytes]);
  }
}
