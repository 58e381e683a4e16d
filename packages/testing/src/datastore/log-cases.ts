/** Logs: objects that grow while others read them. */
import assert from 'node:assert/strict';
import { bytes, pattern, text } from './bytes.ts';
import type { DatastoreCase } from './datastore-case.ts';
import { keys, readAll } from './reads.ts';

export const logCases: readonly DatastoreCase[] = [
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
