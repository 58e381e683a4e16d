/** Reading: whole, in part and as a stream, whatever an object was written with. */
import assert from 'node:assert/strict';
import { bytes, pattern, pieces, text } from './bytes.ts';
import type { DatastoreCase } from './datastore-case.ts';
import { keys, readAll } from './reads.ts';

export const readCases: readonly DatastoreCase[] = [
  {
    name: 'what is not there is undefined everywhere, not an error',
    async run({ store }) {
      assert.equal(await store.get('no/such'), undefined);
      assert.equal(store.getSync('no/such'), undefined);
      assert.equal(await store.get('no/such', { start: 0, end: 3 }), undefined);
      assert.equal(await store.getStream('no/such'), undefined);
      assert.equal(await store.stat('no/such'), undefined);
      assert.equal(store.statSync('no/such'), undefined);
      assert.deepEqual(await keys(store, ''), []);
    },
  },
  {
    name: 'each way of writing is read by each way of reading, through another connection too',
    async run({ store, connect }) {
      await store.put('a/put', [bytes('hello')]);
      store.putSync('a/putSync', [bytes('hello')]);
      await store.putStream('a/putStream', pieces('he', '', 'llo'));
      assert.equal(await store.create('a/create', [bytes('hello')]), true);
      assert.equal(store.createSync('a/createSync', [bytes('hello')]), true);
      await store.append('a/append', bytes('hel'));
      await store.append('a/append', bytes('lo'));
      const other = await connect();
      for (const key of ['a/put', 'a/putSync', 'a/putStream', 'a/create', 'a/createSync', 'a/append']) {
        assert.equal(text(await other.get(key)), 'hello', key);
        assert.equal(text(other.getSync(key)), 'hello', key);
        assert.equal((await readAll(await other.getStream(key)))?.toString(), 'hello', key);
        assert.equal((await other.stat(key))?.size, 5, key);
        assert.equal(other.statSync(key)?.size, 5, key);
      }
    },
  },
  {
    name: 'an object may be empty',
    async run({ store }) {
      await store.put('empty', []);
      assert.equal((await store.get('empty'))?.byteLength, 0);
      assert.equal((await store.stat('empty'))?.size, 0);
      assert.equal((await readAll(await store.getStream('empty')))?.byteLength, 0);
    },
  },
  {
    name: 'parts are one object in their order, whatever their number',
    async run({ store }) {
      const whole = pattern(300_000);
      const parts: Uint8Array[] = [];
      for (let at = 0; at < whole.byteLength; at += 97)
        parts.push(whole.subarray(at, at + 97), new Uint8Array(0));
      await store.put('parts', parts);
      store.putSync('parts-sync', parts);
      assert.deepEqual(Buffer.from((await store.get('parts'))!), Buffer.from(whole));
      assert.deepEqual(Buffer.from(store.getSync('parts-sync')!), Buffer.from(whole));
    },
  },
  {
    name: 'a range is the bytes from start up to, but not with, end; cut at the end of the object',
    async run({ store }) {
      await store.put('range', [bytes('0123456789')]);
      for (const [start, end, expected] of [
        [0, 3, '012'],
        [3, 7, '3456'],
        [7, 100, '789'],
        [10, 20, ''],
        [50, 60, ''],
        [4, 4, ''],
      ] as const) {
        assert.equal(text(await store.get('range', { start, end })), expected, `${start} to ${end}`);
        assert.equal(text(store.getSync('range', { start, end })), expected, `${start} to ${end}, sync`);
      }
    },
  },
  {
    name: 'what a read returns belongs to the caller',
    async run({ store }) {
      await store.put('mine', [bytes('hello')]);
      store.getSync('mine')!.fill(0);
      (await store.get('mine'))!.fill(0);
      assert.equal(text(store.getSync('mine')), 'hello');
    },
  },
];
