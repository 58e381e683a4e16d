import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogEntry, openLog, readLog, readLogEnd } from './log-store.ts';
import { WatchedDatastore } from './watched-datastore.fixture.ts';

const key = 'runs/F/1/start/task@0.log';
const bytes = (text: string): Uint8Array => Buffer.from(text);

async function entries(store: WatchedDatastore, from = 0): Promise<LogEntry[]> {
  return await Array.fromAsync(readLog(store, key, { from }));
}

const texts = (list: readonly LogEntry[]): string[] => list.map(({ text }) => text);

describe('a log', () => {
  it('keeps every line of each stream, in whatever pieces its bytes arrive', async () => {
    const line = fc
      .oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('', 'ü世界🎉', 'tab\there', '1700000000000 o like a head'),
      )
      .filter((text) => !text.includes('\n'));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 20 }),
        fc.array(line, { maxLength: 20 }),
        fc.boolean(),
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        async (out, err, ended, sizes) => {
          const store = new WatchedDatastore();
          const log = openLog(store, key);
          const left = [out, err].map((lines) =>
            Buffer.from(lines.join('\n') + (ended && lines.length > 0 ? '\n' : '')),
          );
          while (left.some((buffer) => buffer.byteLength > 0)) {
            for (const [index, stream] of (['stdout', 'stderr'] as const).entries()) {
              const size = sizes.next().value as number;
              void log.write({ stream, bytes: left[index]!.subarray(0, size), at: 1_700_000_000_000 });
              left[index] = left[index]!.subarray(size);
            }
          }
          await log.close();
          const found = await entries(store);
          for (const [stream, lines] of [
            ['stdout', out],
            ['stderr', err],
          ] as const) {
            const expected = ended || lines.at(-1) !== '' ? lines : lines.slice(0, -1);
            expect(texts(found.filter((entry) => entry.stream === stream))).toEqual(
              expected.map((text) => text.toWellFormed()),
            );
          }
        },
      ),
    );
  });

  it('of a task that prints nothing is no object', async () => {
    const store = new WatchedDatastore();
    const log = openLog(store, key);
    void log.write({ stream: 'stdout', bytes: bytes('') });
    await log.close();
    expect(store.objects.size).toBe(0);
    expect(await entries(store)).toEqual([]);
    expect(await readLogEnd(store, key, 5)).toEqual([]);
  });

  it('of 5,000 lines is a few appends', async () => {
    const store = new WatchedDatastore();
    const log = openLog(store, key);
    for (let line = 0; line < 5000; line++)
      await log.write({ stream: 'stdout', bytes: bytes(`line ${line}\n`) });
    await log.close();
    expect(store.appends).toBeLessThan(10);
    expect(texts(await entries(store))).toEqual(Array.from({ length: 5000 }, (_, line) => `line ${line}`));
    expect(texts(await readLogEnd(store, key, 2))).toEqual(['line 4998', 'line 4999']);
  });

  it('says when and where each line came from', async () => {
    const store = new WatchedDatastore();
    const log = openLog(store, key);
    void log.write({ stream: 'stdout', bytes: bytes('a\nb'), at: 1000 });
    void log.write({ stream: 'stderr', bytes: bytes('c\n'), at: 2000 });
    void log.write({ stream: 'stdout', bytes: bytes('!\n'), at: 3000 });
    await log.close();
    expect((await entries(store)).map(({ at, stream, text }) => [at, stream, text])).toEqual([
      [1000, 'stdout', 'a'],
      [2000, 'stderr', 'c'],
      [3000, 'stdout', 'b!'],
    ]);
  });

  it('can be followed: a second read goes on where the first one ended, and never shows half a line', async () => {
    const store = new WatchedDatastore();
    const log = openLog(store, key);
    void log.write({ stream: 'stdout', bytes: bytes('one\ntwo\nthr') });
    await log.flush();
    const first = await entries(store);
    expect(texts(first)).toEqual(['one', 'two']);
    void log.write({ stream: 'stdout', bytes: bytes('ee\n') });
    await log.close();
    expect(texts(await entries(store, first.at(-1)!.next))).toEqual(['three']);
  });

  it('cuts a line without end into entries that say so, between characters', async () => {
    const store = new WatchedDatastore();
    const log = openLog(store, key);
    const long = '世🎉'.repeat(50_000);
    for (let at = 0, all = bytes(long); at < all.byteLength; at += 9973)
      void log.write({ stream: 'stderr', bytes: all.subarray(at, at + 9973) });
    void log.write({ stream: 'stderr', bytes: bytes(`\nshort\n${long}\n`) });
    await log.close();
    const found = await entries(store);
    expect(Math.max(...found.map(({ text }) => Buffer.byteLength(text)))).toBeLessThanOrEqual(64 * 1024);
    const lines: string[] = [''];
    for (const { text, continues } of found) {
      lines[lines.length - 1] += text;
      if (!continues) lines.push('');
    }
    expect(lines).toEqual([long, 'short', long, '']);
  });

  it('torn by a crash is read as far as it makes sense', async () => {
    const store = new WatchedDatastore();
    await store.append(key, bytes('1000 o whole\n2000 o hal2500 e torn\n\n3000 e last\n4000 o not end'));
    expect((await entries(store)).map(({ at, text }) => [at, text])).toEqual([
      [1000, 'whole'],
      [2000, 'hal2500 e torn'],
      [0, ''],
      [3000, 'last'],
    ]);
  });

  it('keeps a waiting task back only when the store is slow, and reports its failure at the end', async () => {
    const store = new WatchedDatastore();
    const log = openLog(store, key);
    expect(log.write({ stream: 'stdout', bytes: bytes('x\n') })).toBeUndefined();
    const waiting = log.write({ stream: 'stdout', bytes: Buffer.alloc(5_000_000, 'line\n') });
    expect(waiting).toBeInstanceOf(Promise);
    await waiting;
    store.failure = new Error('disk full');
    void log.write({ stream: 'stdout', bytes: bytes('lost\n') });
    await expect(log.close()).rejects.toThrow('disk full');
  });

  it('drops what may not be written any more, also what came in before', async () => {
    const store = new WatchedDatastore();
    let ours = true;
    const log = openLog(store, key, () => ours);
    await log.write({ stream: 'stdout', bytes: bytes('first\n'), at: 1 });
    await log.flush();
    await log.write({ stream: 'stdout', bytes: bytes('second\n'), at: 2 });
    ours = false;
    await log.write({ stream: 'stdout', bytes: bytes('third\n'), at: 3 });
    await log.close();
    expect(texts(await entries(store))).toEqual(['first']);
  });
});
