/** Keys: which names an object may have, and what an operation that cannot work says. */
import assert from 'node:assert/strict';
import { bytes, text } from './bytes.ts';
import type { DatastoreCase } from './datastore-case.ts';
import { keys } from './reads.ts';

export const keyCases: readonly DatastoreCase[] = [
  {
    name: 'the keys of Leat are kept as they are: brackets, commas, @, ~, $, letters of any language',
    async run({ store }) {
      const names = [
        'runs/TrainFlow/417/train/3,12~1@0.json',
        'packages/ab/chunk-$x_1.js',
        'runs/Flöw/1/läuft/task@0.log',
        'a b/ü 世界.txt',
        `signs/100%+1 & <2> "3" '4' = *5*; (6)!.txt`,
        'emoji/🙂 e\u0301 \u00e9',
        'escaped/%41%2F+',
      ];
      for (const key of names) assert.equal(await store.create(key, [bytes(key)]), true);
      for (const key of names) assert.equal(text(store.getSync(key)), key);
      assert.deepEqual(await keys(store, ''), names.toSorted());
    },
  },
  {
    name: 'what could name a place outside the store is refused by every call',
    async run({ store }) {
      for (const key of [
        '',
        '/etc/passwd',
        '../out',
        'a/../../out',
        'a//b',
        'a/./b',
        'a/',
        'nul\0l',
        'back\\slash',
      ]) {
        const refused = { name: 'LeatError', code: 'STORE_UNAVAILABLE' };
        await assert.rejects(store.get(key), refused, JSON.stringify(key));
        await assert.rejects(store.put(key, []), refused, JSON.stringify(key));
        await assert.rejects(store.create(key, []), refused, JSON.stringify(key));
        await assert.rejects(store.delete([key]), refused, JSON.stringify(key));
        await assert.rejects(store.append(key, bytes('x')), refused, JSON.stringify(key));
        assert.throws(() => store.getSync(key), refused, JSON.stringify(key));
        assert.throws(() => store.putSync(key, []), refused, JSON.stringify(key));
        assert.throws(() => store.createSync(key, []), refused, JSON.stringify(key));
        assert.throws(() => store.createLogSync(key), refused, JSON.stringify(key));
      }
    },
  },
  {
    name: 'an operation that cannot work fails with STORE_UNAVAILABLE, a hint, and leaves no half object',
    async run({ store }) {
      await store.put('file', [bytes('x')]);
      // A store of objects may allow this, a folder cannot; either way it must be whole.
      const failure = await store.put('file/below', [bytes('y')]).catch((error: unknown) => error);
      if (failure === undefined) assert.equal(text(await store.get('file/below')), 'y');
      else {
        const { code, hint } = failure as { code?: unknown; hint?: unknown };
        assert.equal(code, 'STORE_UNAVAILABLE');
        assert.equal(typeof hint, 'string', 'it says what to do');
        assert.equal(await store.get('file/below').catch(() => undefined), undefined);
      }
      assert.equal(text(await store.get('file')), 'x');
    },
  },
  {
    name: 'the url says how to open it again; localPath, where there is one, holds the object',
    async run({ store }) {
      assert.match(store.url, /^[a-z][a-z\d+.-]*:\/\//);
      await store.put('local/object', [bytes('hello')]);
      const path = store.localPath('local/object');
      if (path === undefined) return;
      const { readFileSync } = await import('node:fs');
      assert.equal(readFileSync(path, 'utf8'), 'hello');
    },
  },
];
