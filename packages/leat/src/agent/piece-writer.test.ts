import { beforeEach, describe, expect, it, vi } from 'vitest';
import { WatchedDatastore } from '../datastore/watched-datastore.fixture.ts';
import { LeatError } from '../errors/index.ts';
import { pieceKey } from './job-keys.ts';
import { decodeFrames, type PrintedChunk } from './log-frames.ts';
import { PieceWriter } from './piece-writer.ts';

const job = { name: 'a'.repeat(32), execution: '0mhx5k2s1-abc123' };
const printed = (text: string, part: Partial<PrintedChunk> = {}): PrintedChunk => ({
  stream: 'stdout',
  at: 1000,
  bytes: Buffer.from(text),
  ...part,
});
const textOf = (bytes: Uint8Array): string =>
  [...decodeFrames(bytes)].map((chunk) => Buffer.from(chunk.bytes).toString()).join('');

let store: WatchedDatastore;
beforeEach(() => {
  store = new WatchedDatastore();
});

const stored = (): string =>
  [...store.objects.keys()]
    .toSorted()
    .map((key) => textOf(store.objects.get(key)!.bytes))
    .join('');

describe('PieceWriter', () => {
  it('stores nothing when nothing is printed', async () => {
    const writer = new PieceWriter(store, job);
    expect(await writer.finish(true)).toEqual({ pieces: 0, lost: 0, rest: [] });
    expect(store.writes).toBe(0);
  });

  it('leaves a little to the end record, in few frames', async () => {
    const writer = new PieceWriter(store, job);
    for (const word of ['one ', 'two ', 'three\n']) void writer.write(printed(word));
    void writer.write(printed('oops\n', { stream: 'stderr' }));
    const { pieces, rest } = await writer.finish(true);
    expect(pieces).toBe(0);
    expect([...decodeFrames(Buffer.concat(rest))].map(({ stream }) => stream)).toEqual(['stdout', 'stderr']);
    expect(textOf(Buffer.concat(rest))).toBe('one two three\noops\n');
    expect(store.writes).toBe(0);
  });

  it('stores it as one piece where the end record may be replaced', async () => {
    const writer = new PieceWriter(store, job);
    void writer.write(printed('hello\n'));
    expect(await writer.finish(false)).toEqual({ pieces: 1, lost: 0, rest: [] });
    expect([...store.objects.keys()]).toEqual([pieceKey(job.name, job.execution, 0)]);
    expect(stored()).toBe('hello\n');
  });

  it('stores what was printed after a second, and more of it into the same piece', async () => {
    vi.useFakeTimers();
    try {
      const writer = new PieceWriter(store, job);
      void writer.write(printed('one\n'));
      expect(store.writes).toBe(0);
      await vi.advanceTimersByTimeAsync(1000);
      expect(stored()).toBe('one\n');
      void writer.write(printed('two\n', { at: 2000 }));
      await vi.advanceTimersByTimeAsync(1000);
      expect(stored()).toBe('one\ntwo\n');
      void writer.write(printed('three\n', { at: 3000 }));
      const { pieces, rest } = await writer.finish(true);
      expect([pieces, textOf(Buffer.concat(rest)), stored()]).toEqual([1, 'three\n', 'one\ntwo\n']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps much output complete, in order and in few pieces, without holding it', async () => {
    const writer = new PieceWriter(store, job);
    let all = '';
    for (let line = 0; line < 3000; line += 1) {
      const text = `${line} ${'x'.repeat(1000)}\n`;
      all += text;
      await writer.write(printed(text, { at: line }));
      if (line % 50 === 0) await new Promise(setImmediate);
    }
    const { pieces, rest } = await writer.finish(true);
    expect(stored() + textOf(Buffer.concat(rest))).toBe(all);
    expect(pieces).toBeLessThan(50);
  });

  it('leaves nothing to the end record that a piece which is still on its way holds', async () => {
    const put = store.put.bind(store);
    const begun: PromiseWithResolvers<void>[] = [];
    const open = Promise.withResolvers<void>();
    vi.spyOn(store, 'put').mockImplementation(async (key, parts) => {
      const held = Promise.withResolvers<void>();
      begun.push(held);
      if (begun.length === 1) await open.promise;
      else await held.promise;
      await put(key, parts);
    });
    vi.useFakeTimers();
    try {
      const writer = new PieceWriter(store, job);
      void writer.write(printed('x'.repeat(60 * 1024)));
      await vi.advanceTimersByTimeAsync(1000);
      expect(begun.length).toBe(1);
      // Fills the piece, while its beginning is on its way.
      void writer.write(printed('y'.repeat(10 * 1024), { at: 2000 }));
      const finished = writer.finish(true);
      open.resolve();
      await vi.advanceTimersByTimeAsync(0);
      for (const held of begun) held.resolve();
      const { pieces, rest, lost } = await finished;
      await vi.advanceTimersByTimeAsync(0);
      expect({ pieces, lost }).toEqual({ pieces: 1, lost: 0 });
      expect((stored() + textOf(Buffer.concat(rest))).length).toBe(70 * 1024);
    } finally {
      vi.useRealTimers();
    }
  });

  it('waits out a datastore that takes nothing for a while', async () => {
    vi.useFakeTimers();
    try {
      const writer = new PieceWriter(store, job);
      store.failure = new LeatError('STORE_UNAVAILABLE', 'down');
      void writer.write(printed('one\n'));
      await vi.advanceTimersByTimeAsync(20_000);
      expect(store.writes).toBe(0);
      store.failure = undefined;
      await vi.advanceTimersByTimeAsync(15_000);
      expect(stored()).toBe('one\n');
    } finally {
      vi.useRealTimers();
    }
  });

  it(
    'loses output rather than keep the task waiting for good, and says so',
    { timeout: 60_000 },
    async () => {
      const writer = new PieceWriter(store, job, { patienceMs: 20 });
      store.failure = new LeatError('STORE_UNAVAILABLE', 'down');
      const block = 'x'.repeat(1024 * 1024);
      for (let at = 0; at < 8; at += 1) await writer.write(printed(block, { at: at * 1000 }));
      store.failure = undefined;
      await vi.waitFor(() => expect(store.writes).toBeGreaterThan(0), 50_000);
      await vi.waitFor(async () => {
        await writer.write(printed('after\n', { at: 90_000 }));
        expect((await writer.finish(false)).lost).toBe(4 * 1024 * 1024);
      });
      expect(stored()).toContain('leat: 4194304 bytes of output are missing here');
      expect(stored()).toMatch(/after\n$/);
    },
  );

  it('counts what it could not store at the end', async () => {
    const writer = new PieceWriter(store, job);
    store.failure = new LeatError('STORE_CORRUPT', 'denied');
    void writer.write(printed('hello\n'));
    expect(await writer.finish(false)).toMatchObject({ pieces: 0, lost: expect.any(Number) });
  });
});
