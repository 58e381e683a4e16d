import { corrupt } from '../blob-format.ts';
import type { Datastore } from '../datastore.ts';
import type { ItemBlock, StoredItems } from '../manifest.ts';

/** Where a foreach item is stored; as `ItemSource` of `plan/task-spec.ts`. */
export interface ItemPlace {
  /** Key of the block. */
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

/** The blocks of the items of one foreach, in order. */
export type ItemIndex = readonly ItemBlock[];

/** Reads the index of some items; `[]` when there are none. Throws `STORE_CORRUPT` when it does not list just these items. */
export async function readItemIndex(store: Datastore, { count, index }: StoredItems): Promise<ItemIndex> {
  if (index === undefined) return [];
  const bytes = await store.get(index);
  if (bytes === undefined) throw corrupt(index, 'it is gone from the datastore');
  return parseIndex(index, bytes, count);
}

/** {@link readItemIndex}, synchronously. */
export function readItemIndexSync(store: Datastore, { count, index }: StoredItems): ItemIndex {
  if (index === undefined) return [];
  const bytes = store.getSync(index);
  if (bytes === undefined) throw corrupt(index, 'it is gone from the datastore');
  return parseIndex(index, bytes, count);
}

function parseIndex(key: string, bytes: Uint8Array, count: number): ItemIndex {
  let blocks: unknown;
  try {
    blocks = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (error) {
    throw corrupt(key, 'it is a torn list of items', error);
  }
  if (!Array.isArray(blocks) || !isWhole(blocks as Partial<ItemBlock>[], count))
    throw corrupt(key, `it does not list ${count} items`);
  return blocks as ItemIndex;
}

function isWhole(blocks: readonly Partial<ItemBlock>[], count: number): boolean {
  let next = 0;
  for (const { key, first, offsets } of blocks) {
    if (typeof key !== 'string' || first !== next || !Array.isArray(offsets) || offsets.length < 2)
      return false;
    next += offsets.length - 1;
  }
  return next === count;
}

/** The place of the last block that begins at or before an item. */
function lastBlockFrom(index: ItemIndex, item: number): number {
  let low = 0;
  let high = index.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((index[middle]?.first ?? Infinity) <= item) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where item number `item` (from 0) is; it must be one of them. */
export function locateItem(index: ItemIndex, item: number): ItemPlace {
  const block = index[lastBlockFrom(index, item)];
  const offset = block?.offsets[item - block.first];
  const end = block?.offsets[item - block.first + 1];
  if (block === undefined || offset === undefined || end === undefined)
    throw new RangeError(`there is no item ${item}`);
  return { key: block.key, offset, length: end - offset };
}

const cachedItems = 4_000_000;

/** An item by its number. */
export interface WantedItem {
  readonly items: StoredItems;
  readonly item: number;
}

/** Locates items of many foreaches (the engine's view), keeping the indexes that were used last, of 4 million items at most. */
export class ItemLocator {
  readonly #store: Datastore;
  readonly #indexes = new Map<string, { readonly index: ItemIndex; readonly count: number }>();
  #cached = 0;

  constructor(store: Datastore) {
    this.#store = store;
  }

  /** Where item number `item` of `items` is. Throws `STORE_CORRUPT` when the index is gone or damaged. */
  async locate(items: StoredItems, item: number): Promise<ItemPlace> {
    return locateItem(await this.#indexOf(items), item);
  }

  /** {@link locate} for many, in their order: what they have in common is looked up once. */
  async locateAll(wanted: readonly WantedItem[]): Promise<readonly ItemPlace[]> {
    const indexes = new Map<string | undefined, ItemIndex>();
    const places: ItemPlace[] = [];
    for (const { items, item } of wanted) {
      const index = indexes.get(items.index) ?? (await this.#indexOf(items));
      indexes.set(items.index, index);
      places.push(locateItem(index, item));
    }
    return places;
  }

  async #indexOf(items: StoredItems): Promise<ItemIndex> {
    const key = items.index ?? '';
    const known = this.#indexes.get(key);
    const index = known?.index ?? (await readItemIndex(this.#store, items));
    this.#remember(key, index, items.count);
    return index;
  }

  #remember(key: string, index: ItemIndex, count: number): void {
    if (this.#indexes.delete(key)) this.#cached -= count;
    this.#indexes.set(key, { index, count });
    this.#cached += count;
    for (const [oldest, { count: freed }] of this.#indexes) {
      if (this.#cached <= cachedItems || oldest === key) return;
      this.#indexes.delete(oldest);
      this.#cached -= freed;
    }
  }
}
