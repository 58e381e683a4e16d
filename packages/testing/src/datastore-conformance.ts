/**
 * What every datastore must do, as cases that any test runner can run. A case gets a fresh, empty store and a way to
 * open a second connection to it: what a task on another machine would have.
 */
import assert from 'node:assert/strict';
import type { Datastore } from 'leat/datastore';

/** What a case may use. Whoever runs it closes what was opened. */
export interface DatastoreUnderTest {
  readonly store: Datastore;
  /** Opens the same objects once more. */
  connect(): Promise<Datastore>;
}

/** One thing that a datastore promises. */
export interface DatastoreCase {
  readonly name: string;
  /** Rejects with an `AssertionError` when the store does not keep the promise. */
  run(subject: DatastoreUnderTest): Promise<void>;
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

const text = (found: Uint8Array | undefined): string | undefined =>
  found === undefined ? undefined : Buffer.from(found).toString('utf8');

async function* pieces(...parts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield bytes(part);
}

async function keys(store: Datastore, prefix: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix)) found.push(key);
  return found.toSorted();
}

async function readAll(stream: AsyncIterable<Uint8Array> | undefined): Promise<Buffer | undefined> {
  if (stream === undefined) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** Many calls, some of them at a time. */
async function inBatches(names: readonly string[], call: (name: string) => Promise<void>): Promise<void> {
  const waiting = [...names];
  const worker = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await call(name);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** Bytes that repeat in no short period, so that a lost or doubled piece is seen. */
function pattern(length: number): Uint8Array {
  const made = new Uint8Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    made[index] = state >>> 24;
  }
  return made;
}

const mebibyte = 1024 * 1024;
/** More than the parts in which stores of objects take large ones. */
const manyBytes = 17 * mebibyte + 3;

const readCases: readonly DatastoreCase[] = [
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
    name: 'a large object comes back bit by bit the same, whole, as a range, and as a stream',
    async run({ store }) {
      const whole = Buffer.from(pattern(5_000_003));
      await store.putStream(
        'large',
        (async function* () {
          for (let at = 0; at < whole.byteLength; at += 700_001) yield whole.subarray(at, at + 700_001);
        })(),
      );
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
      await store.putStream(
        'stream',
        (async function* () {
          for (let at = 0; at < whole.byteLength; at += 1_000_003) yield whole.subarray(at, at + 1_000_003);
        })(),
      );
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

const writeCases: readonly DatastoreCase[] = [
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
  {
    name: 'append keeps the order of one writer and leaves other objects alone',
    async run({ store }) {
      for (let line = 0; line < 50; line++) await store.append('logs/one.log', bytes(`line ${line}\n`));
      await store.append('logs/two.log', bytes('other\n'));
      const lines = text(await store.get('logs/one.log'))!
        .trimEnd()
        .split('\n');
      assert.deepEqual(
        lines,
        Array.from({ length: 50 }, (_, line) => `line ${line}`),
      );
      assert.equal(text(await store.get('logs/one.log', { start: 0, end: 6 })), 'line 0');
    },
  },
  {
    name: 'a created log is there at once, grows by whole pieces, and is read as any object',
    async run({ store, connect }) {
      const other = await connect();
      const log = store.createLogSync('logs/created.log');
      assert.ok(log !== undefined);
      assert.equal(text(await other.get('logs/created.log')), '');
      let whole = '';
      for (let line = 0; line < 50; line++) {
        const piece = `line ${line} ${'x'.repeat(line * 97)}\n`;
        log.append(bytes(piece));
        const range = { start: whole.length, end: whole.length + piece.length };
        assert.equal(text(await other.get('logs/created.log', range)), piece);
        whole += piece;
      }
      log.append(new Uint8Array(0));
      log.close();
      assert.equal(text(other.getSync('logs/created.log')), whole);
      assert.equal((await other.stat('logs/created.log'))?.size, whole.length);
      assert.deepEqual(await keys(store, ''), ['logs/created.log']);
    },
  },
  {
    name: 'a log that grows long is one object: whole, in part, as a stream, in a list, and for its next writer',
    async run({ store, connect }) {
      const other = await connect();
      const log = store.createLogSync('logs/created.log');
      const pieces = Array.from({ length: 90 }, (_, line) => Buffer.from(pattern(20_011 + line)));
      const whole = Buffer.concat(pieces);
      let size = 0;
      for (const [line, piece] of pieces.entries()) {
        log?.append(piece);
        await store.append('logs/appended.log', piece);
        size += piece.byteLength;
        if (line % 15 !== 0) continue;
        // Whoever follows a log reads on where it ended before.
        const range = { start: size - piece.byteLength, end: size + 1_000_000 };
        assert.ok(piece.equals((await other.get('logs/created.log', range))!), `line ${line}`);
        assert.equal((await other.get('logs/created.log', { start: size, end: size + 9 }))?.byteLength, 0);
      }
      log?.close();
      await other.append('logs/appended.log', bytes('and more'));
      await store.append('logs/appended.log', bytes(', and more'));
      await store.put('logs/appended.log.other', [bytes('x')]);
      const more = Buffer.concat([whole, bytes('and more, and more')]);
      for (const [key, expected] of [
        ['logs/created.log', whole],
        ['logs/appended.log', more],
      ] as const) {
        assert.ok(expected.equals((await other.get(key))!), key);
        assert.ok(expected.equals((await readAll(await other.getStream(key)))!), `${key}, as a stream`);
        assert.equal((await other.stat(key))?.size, expected.byteLength, key);
        for (const start of [0, 1, 60_000, 1_000_000, 1_500_001]) {
          const range = { start, end: start + 250_000 };
          assert.ok(
            expected.subarray(start, range.end).equals((await other.get(key, range))!),
            `${key} ${start}`,
          );
        }
      }
      const listed = new Map<string, number>();
      for await (const facts of other.list('')) listed.set(facts.key, facts.size);
      const sizes = { 'logs/created.log': whole.byteLength, 'logs/appended.log': more.byteLength };
      assert.deepEqual(Object.fromEntries(listed), { ...sizes, 'logs/appended.log.other': 1 });
    },
  },
  {
    name: 'a long log that was deleted leaves nothing to the next one of its key',
    async run({ store, connect }) {
      for (let piece = 0; piece < 20; piece++) await store.append('log', pattern(30_000));
      await store.put('log.other', [bytes('stays')]);
      await store.delete(['log']);
      assert.deepEqual(await keys(store, ''), ['log.other']);
      const other = await connect();
      for (let piece = 0; piece < 5; piece++) await other.append('log', bytes('x'.repeat(30_000)));
      assert.equal(text(await other.get('log')), 'x'.repeat(150_000));
      const swept = await store.sweepTemporary?.({ olderThan: Date.now() + 60_000, dryRun: true });
      assert.equal(swept?.objects ?? 0, 0, 'nothing is left behind');
    },
  },
  {
    name: 'a log is created once: not over any other object, and again after it was deleted',
    async run({ store, connect }) {
      const other = await connect();
      await store.put('put', [bytes('stays')]);
      assert.equal(store.createLogSync('put'), undefined);
      const log = store.createLogSync('log');
      log?.append(bytes('first'));
      assert.equal(other.createLogSync('log'), undefined);
      assert.equal(await other.create('log', [bytes('second')]), false);
      log?.append(bytes(', more'));
      log?.close();
      assert.equal(other.createLogSync('log'), undefined);
      assert.equal(text(await store.get('put')), 'stays');
      assert.equal(text(await store.get('log')), 'first, more');
      await store.delete(['log']);
      const again = other.createLogSync('log');
      assert.ok(again !== undefined);
      again.close();
      assert.equal(text(await store.get('log')), '');
    },
  },
];

const listCases: readonly DatastoreCase[] = [
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

const keyCases: readonly DatastoreCase[] = [
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

/** Every promise of the contract. */
export const datastoreConformance: readonly DatastoreCase[] = [
  ...readCases,
  ...writeCases,
  ...listCases,
  ...keyCases,
];
