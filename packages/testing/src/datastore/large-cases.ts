/** Large objects: the same bit by bit, however they were written and are read. */
import assert from 'node:assert/strict';
import { pattern, piecesOf } from './bytes.ts';
import type { DatastoreCase } from './datastore-case.ts';
import { readAll } from './reads.ts';

const mebibyte = 1024 * 1024;
/** More than the parts in which stores of objects take large ones. */
const manyBytes = 17 * mebibyte + 3;

export const largeCases: readonly DatastoreCase[] = [
  {
    name: 'a large object comes back bit by bit the same, whole, as a range, and as a stream',
    async run({ store }) {
      const whole = Buffer.from(pattern(5_000_003));
      await store.putStream('large', piecesOf(whole, 700_001));
      assert.ok(whole.equals((await store.get('large'))!));
      assert.ok(whole.equals((await readAll(await store.getStream('large')))!));
      assert.ok(
        whole
          .subarray(4_000_000, 4_900_000)
          .equals(store.getSync('large', { start: 4_000_000, end: 4_900_000 })!),
      );
    },
  },
  {
    name: 'an object of many megabytes comes back the same, also at the borders of the parts that it was written in',
    async run({ store, connect }) {
      const whole = Buffer.from(pattern(manyBytes));
      await store.putStream('stream', piecesOf(whole, 1_000_003));
      await store.put('parts', [
        whole.subarray(0, 1),
        whole.subarray(1, 9_000_000),
        whole.subarray(9_000_000),
      ]);
      const other = await connect();
      for (const key of ['stream', 'parts']) {
        assert.equal((await other.stat(key))?.size, whole.byteLength, key);
        assert.ok(whole.equals((await other.get(key))!), key);
        assert.ok(whole.equals((await readAll(await other.getStream(key)))!), `${key}, as a stream`);
      }
      for (const border of [5 * mebibyte, 8 * mebibyte, 16 * mebibyte]) {
        for (const [start, end] of [
          [border - 1, border],
          [border, border + 1],
          [border - 1, border + 1],
          [border - 3, manyBytes + 10],
          [0, border],
          [1, border + 1],
        ] as const) {
          const expected = whole.subarray(start, end);
          assert.ok(expected.equals((await other.get('stream', { start, end }))!), `${start} to ${end}`);
        }
      }
      assert.equal((await other.get('stream', { start: manyBytes, end: manyBytes + 1 }))?.byteLength, 0);
      assert.equal((await other.get('stream', { start: manyBytes - 1, end: manyBytes + 9 }))?.byteLength, 1);
    },
  },
];
