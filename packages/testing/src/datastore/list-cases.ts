/** Listing and deleting, of more than fits into one request. */
import assert from 'node:assert/strict';
import { bytes, text } from './bytes.ts';
import type { DatastoreCase } from './datastore-case.ts';
import { keys } from './reads.ts';

export const listCases: readonly DatastoreCase[] = [
  {
    name: 'list takes any prefix of a key, not only folders, and tells sizes and times',
    async run({ store }) {
      const before = Date.now() - 5_000;
      for (const key of ['runs/F/1/a', 'runs/F/1/b/c', 'runs/F/10/a', 'runs/G/1/a', 'blobs/ab/cd'])
        await store.put(key, [bytes(key)]);
      assert.deepEqual(await keys(store, ''), [
        'blobs/ab/cd',
        'runs/F/1/a',
        'runs/F/1/b/c',
        'runs/F/10/a',
        'runs/G/1/a',
      ]);
      assert.deepEqual(await keys(store, 'runs/F/1'), ['runs/F/1/a', 'runs/F/1/b/c', 'runs/F/10/a']);
      assert.deepEqual(await keys(store, 'runs/F/1/'), ['runs/F/1/a', 'runs/F/1/b/c']);
      assert.deepEqual(await keys(store, 'runs/F/1/b/c'), ['runs/F/1/b/c']);
      assert.deepEqual(await keys(store, 'none/'), []);
      for await (const { key, size, modifiedAt } of store.list('')) {
        assert.equal(size, bytes(key).byteLength);
        assert.ok(
          modifiedAt >= before && modifiedAt <= Date.now() + 5_000,
          `${key} was modified at ${modifiedAt}`,
        );
      }
    },
  },
  {
    name: 'list goes over more objects than one page',
    async run({ store }) {
      const names = Array.from({ length: 2_100 }, (_, index) => `many/${index}`);
      await inBatches(names, async (name) => store.put(name, [bytes('x')]));
      assert.deepEqual(await keys(store, 'many/'), names.toSorted());
    },
  },
  {
    name: 'delete takes more keys than one request does',
    async run({ store }) {
      const names = Array.from({ length: 1_100 }, (_, index) => `gone/${index}`);
      await inBatches([...names, 'stays'], async (name) => store.put(name, [bytes('x')]));
      await store.delete(names);
      assert.deepEqual(await keys(store, ''), ['stays']);
    },
  },
  {
    name: 'delete removes just those keys; one that is not there is no error',
    async run({ store }) {
      for (const key of ['d/1', 'd/2', 'd/deep/3', 'e']) await store.put(key, [bytes(key)]);
      await store.delete(['d/1', 'd/deep/3', 'd/none', 'none/at/all']);
      assert.deepEqual(await keys(store, ''), ['d/2', 'e']);
      await store.delete([]);
      await store.put('d/deep/3', [bytes('again')]);
      assert.equal(text(await store.get('d/deep/3')), 'again');
    },
  },
];

/** Many calls, some of them at a time. */
async function inBatches(names: readonly string[], call: (name: string) => Promise<void>): Promise<void> {
  const waiting = [...names];
  const worker = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await call(name);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
