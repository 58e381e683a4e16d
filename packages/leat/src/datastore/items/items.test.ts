import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leatError } from '../leat-error.fixture.ts';
import { WatchedDatastore } from '../watched-datastore.fixture.ts';
import { ItemLocator, locateItem, readItemIndex } from './item-index.ts';
import { readItem, readItemAsync } from './read-item.ts';
import { type Items, writeItems } from './write-items.ts';

async function readAll(store: WatchedDatastore, items: Items): Promise<unknown[]> {
  const stored = await writeItems(store, items);
  const locator = new ItemLocator(store);
  const places = await Promise.all(
    Array.from({ length: stored.count }, async (_, item) => await locator.locate(stored, item)),
  );
  return places.map((place) => readItem(store, place));
}

async function* slowly<T>(items: Iterable<T>): AsyncIterable<T> {
  for (const item of items) yield item;
}

describe('the items of a foreach', () => {
  it('come back one by one, whatever their number and sizes', async () => {
    const item = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.nat(400_000).map((size) => Buffer.alloc(size, size)),
      fc.constant({ a: [1] }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 30 }), fc.boolean(), async (list, asynchronous) => {
        const store = new WatchedDatastore();
        expect(await readAll(store, asynchronous ? slowly(list) : list)).toEqual(list);
      }),
      { numRuns: 50 },
    );
  });

  it('of none need no object', async () => {
    const store = new WatchedDatastore();
    expect(await writeItems(store, [])).toEqual({ count: 0 });
    expect(await writeItems(store, slowly([]))).toEqual({ count: 0 });
    expect(store.objects.size).toBe(0);
  });

  it('are read alone: a task reads as many bytes of 100,000 as of one', async () => {
    const store = new WatchedDatastore();
    const stored = await writeItems(store, slowly(Array.from({ length: 100_000 }, (_, index) => index)));
    const index = await readItemIndex(store, stored);
    expect(index.length).toBeLessThan(30);
    for (const item of [0, 4095, 4096, 77_777, 99_999]) {
      store.reads.length = 0;
      const place = locateItem(index, item);
      expect(readItem(store, place)).toBe(item);
      expect(await readItemAsync(store, place)).toBe(item);
      expect(store.reads.map(({ bytes }) => bytes)).toEqual([place.length, place.length]);
      expect(place.length).toBeLessThan(32);
    }
    expect(() => locateItem(index, 100_000)).toThrow(RangeError);
  });

  it.each(['sync', 'async'])(
    'are taken as they are stored, so that an endless source needs no endless memory (%s)',
    async (kind) => {
      const size = 10_000;
      const store = new WatchedDatastore();
      const stored = (): number =>
        store.objects
          .entries()
          .reduce((sum, [key, { bytes }]) => sum + (key.endsWith('.items') ? bytes.length : 0), 0);
      let taken = 0;
      let most = 0;
      function* source(): Iterable<Buffer> {
        for (let index = 0; index < 2000; index++) {
          taken += size;
          most = Math.max(most, taken - stored());
          yield Buffer.alloc(size, index);
        }
      }
      const items = kind === 'sync' ? source() : slowly(source());
      expect((await writeItems(store, items)).count).toBe(2000);
      // A block, and the item that is asked for.
      expect(most).toBeLessThan(300_000);
      for (const [key, { bytes }] of store.objects)
        if (key.endsWith('.items')) expect(bytes.byteLength).toBeLessThan(300_000);
    },
  );

  it('may share one buffer that the program writes to again and again', async () => {
    function* reusing(): Iterable<Uint8Array> {
      const buffer = new Uint8Array(4);
      for (let index = 0; index < 3; index++) yield buffer.fill(index);
    }
    expect(await readAll(new WatchedDatastore(), reusing())).toEqual(
      [0, 1, 2].map((value) => new Uint8Array(4).fill(value)),
    );
  });

  it('stored again by a second attempt are the same objects', async () => {
    const store = new WatchedDatastore();
    const list = Array.from({ length: 10_000 }, (_, index) => ({ index }));
    const first = await writeItems(store, list);
    const writes = store.writes;
    expect(await writeItems(store, slowly(list))).toEqual(first);
    expect(store.writes).toBe(writes);
  });

  it('that are no data are refused with their place, and so is what is no iterable', async () => {
    const store = new WatchedDatastore();
    await expect(writeItems(store, [1, 2, 3, { fn: () => 1 }])).rejects.toMatchObject({
      code: 'ARTIFACT_UNSUPPORTED',
      message: 'items[3].fn is a function',
    });
    await expect(writeItems(store, [Promise.resolve(1)])).rejects.toThrow('items[0] is a Promise');
    await expect(writeItems(store, 5 as never)).rejects.toMatchObject({ code: 'TRANSITION_INVALID' });
    await expect(writeItems(store, null as never)).rejects.toThrow('foreach got null');
  });

  it('that were damaged are STORE_CORRUPT naming the object', async () => {
    const store = new WatchedDatastore();
    const stored = await writeItems(store, ['a', 'b', 'c']);
    const place = await new ItemLocator(store).locate(stored, 1);
    const block = store.objects.get(place.key)!;
    for (const bad of [
      block.bytes.subarray(0, place.offset + 3),
      Buffer.concat([
        block.bytes.subarray(0, place.offset + 8),
        Buffer.from('XX'),
        block.bytes.subarray(place.offset + 10),
      ]),
    ]) {
      store.objects.set(place.key, { ...block, bytes: bad });
      expect(() => readItem(store, place)).toThrow(leatError('STORE_CORRUPT', place.key));
    }
    store.objects.delete(place.key);
    expect(() => readItem(store, place)).toThrow('it is gone');
    const index = store.objects.get(stored.index!)!;
    for (const bad of ['', '[', '{}', '[]', index.bytes.toString().replace('"first":0', '"first":1')]) {
      store.objects.set(stored.index!, { ...index, bytes: Buffer.from(bad) });
      await expect(readItemIndex(store, stored)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    }
  });
});

describe('the locator', () => {
  it('reads each index once while it has room', async () => {
    const store = new WatchedDatastore();
    const [a, b] = [await writeItems(store, [1, 2]), await writeItems(store, [3])];
    const locator = new ItemLocator(store);
    for (const [items, item] of [
      [a, 0],
      [b, 0],
      [a, 1],
      [b, 0],
    ] as const)
      await locator.locate(items, item);
    expect(store.reads).toHaveLength(2);
  });
});
