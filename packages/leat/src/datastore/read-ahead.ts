import type { Datastore } from './datastore.ts';

/** Some bytes of an object. */
export interface BytePlace {
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

interface Block {
  readonly start: number;
  readonly bytes: Uint8Array;
}

const keptBlocks = 8;
const firstBytes = 64 * 1024;
const mostBytes = 512 * 1024;
/** Who skips no more than this goes through the object in order. */
const skippedBytes = 16 * 1024;

/**
 * Reads small places of large objects, such as manifests in packs: who asks for neighbours one after the other costs one
 * large read for hundreds of them, who asks here and there reads what was asked for and no more. Holds at most 4 MiB, but
 * for a place that is larger itself. For objects that only grow.
 */
export class ReadAhead {
  readonly #store: Datastore;
  // The least recently used goes first.
  readonly #blocks = new Map<string, Block>();
  #last: { readonly key: string; readonly block: Block } | undefined;

  constructor(store: Datastore) {
    this.#store = store;
  }

  /** The bytes, fewer where the object ends before; `undefined` when there is no such object. They are shared: copy what is kept. */
  read(place: BytePlace): Uint8Array | undefined {
    const block = this.#blockOf(place.key);
    const found = block === undefined ? undefined : within(block, place);
    if (found !== undefined) return found;
    const start = place.offset;
    const bytes = this.#store.getSync(place.key, { start, end: start + sizeOf(place, block) });
    if (bytes === undefined) return undefined;
    this.#keep(place.key, { start, bytes });
    return bytes.subarray(0, place.length);
  }

  #blockOf(key: string): Block | undefined {
    if (this.#last?.key === key) return this.#last.block;
    const block = this.#blocks.get(key);
    if (block !== undefined) this.#keep(key, block);
    return block;
  }

  #keep(key: string, block: Block): void {
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    this.#last = { key, block };
    const [oldest] = this.#blocks.keys();
    if (this.#blocks.size > keptBlocks && oldest !== undefined) this.#blocks.delete(oldest);
  }
}

function within({ start, bytes }: Block, { offset, length }: BytePlace): Uint8Array | undefined {
  const from = offset - start;
  return from >= 0 && from + length <= bytes.byteLength ? bytes.subarray(from, from + length) : undefined;
}

/** How much to read for a place, after what was read of the object before. */
function sizeOf({ offset, length }: BytePlace, before: Block | undefined): number {
  if (before === undefined) return offset <= skippedBytes ? Math.max(length, firstBytes) : length;
  const skipped = offset - (before.start + before.bytes.byteLength);
  // A block that ends within the place was left behind in order, too.
  const inOrder = skipped <= skippedBytes && offset >= before.start;
  return inOrder
    ? Math.max(length, Math.min(mostBytes, Math.max(firstBytes, before.bytes.byteLength * 2)))
    : length;
}
