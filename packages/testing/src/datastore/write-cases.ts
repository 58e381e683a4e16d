/** Writing: over what is there, only where nothing is, and never seen by halves. */
import assert from 'node:assert/strict';
import { bytes, pieces, text } from './bytes.ts';
import type { DatastoreCase } from './datastore-case.ts';
import { keys } from './reads.ts';

export const writeCases: readonly DatastoreCase[] = [
  {
    name: 'put writes over what is there; a shorter object leaves nothing of a longer one',
    async run({ store }) {
      await store.put('key', [bytes('a long first version')]);
      await store.put('key', [bytes('short')]);
      assert.equal(text(await store.get('key')), 'short');
      store.putSync('key', [bytes('s2')]);
      assert.equal(text(await store.get('key')), 's2');
      await store.putStream('key', pieces('s3'));
      assert.equal(text(await store.get('key')), 's3');
    },
  },
  {
    name: 'a stream that fails leaves no object, keeps an older one, and its own error comes out',
    async run({ store }) {
      async function* failing(): AsyncIterable<Uint8Array> {
        yield bytes('half');
        throw new RangeError('the source broke');
      }
      await store.put('old', [bytes('old')]);
      await assert.rejects(store.putStream('new', failing()), {
        name: 'RangeError',
        message: 'the source broke',
      });
      await assert.rejects(store.putStream('old', failing()), { name: 'RangeError' });
      assert.equal(await store.get('new'), undefined);
      assert.equal(text(await store.get('old')), 'old');
      assert.deepEqual(await keys(store, ''), ['old']);
    },
  },
  {
    name: 'create says false and changes nothing when the object is there',
    async run({ store, connect }) {
      const other = await connect();
      assert.equal(store.createSync('once', [bytes('first')]), true);
      assert.equal(await other.create('once', [bytes('second')]), false);
      assert.equal(other.createSync('once', [bytes('third')]), false);
      assert.equal(text(await store.get('once')), 'first');
      await store.put('put', [bytes('put')]);
      assert.equal(await other.create('put', [bytes('late')]), false);
      assert.deepEqual(await keys(store, ''), ['once', 'put']);
    },
  },
  {
    name: 'of many creates at once exactly one wins, and its bytes stand',
    async run({ store, connect }) {
      const stores = [store, await connect(), await connect()];
      for (let round = 0; round < 10; round++) {
        const tries = Array.from({ length: 30 }, async (_, index) => {
          const won = await stores[index % stores.length]!.create(`race/${round}`, [
            bytes(`writer ${index}`),
          ]);
          return { won, index };
        });
        const winners = (await Promise.all(tries)).filter(({ won }) => won);
        assert.equal(winners.length, 1, `round ${round}`);
        assert.equal(text(await store.get(`race/${round}`)), `writer ${winners[0]!.index}`);
      }
      assert.equal((await keys(store, 'race/')).length, 10);
    },
  },
  {
    name: 'a created object can be created again once it was deleted',
    async run({ store }) {
      assert.equal(await store.create('again', [bytes('one')]), true);
      await store.delete(['again']);
      assert.equal(await store.create('again', [bytes('two')]), true);
      assert.equal(text(await store.get('again')), 'two');
    },
  },
  {
    name: 'a reader sees the old object or the new one, never a mixture',
    async run({ store, connect }) {
      const versions = ['a', 'b', 'c', 'd'].map((letter) => bytes(letter.repeat(200_000)));
      await store.put('swap', [versions[0]!]);
      const other = await connect();
      const writing = (async () => {
        for (let round = 0; round < 20; round++)
          await store.put('swap', [versions[round % versions.length]!]);
      })();
      for (let look = 0; look < 40; look++) {
        const seen = Buffer.from((await other.get('swap'))!);
        assert.equal(seen.byteLength, 200_000);
        assert.ok(seen.equals(Buffer.alloc(200_000, seen[0])), 'all of one version');
      }
      await writing;
    },
  },
];
