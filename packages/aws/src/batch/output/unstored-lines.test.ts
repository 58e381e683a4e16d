import type { LogChunk } from 'leat/compute';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unstoredLines } from './unstored-lines.ts';

async function* from<T>(all: Iterable<T>): AsyncGenerator<T> {
  yield* all;
}

const out = (text: string | Buffer, member?: number): LogChunk => ({
  stream: 'stdout',
  bytes: Buffer.from(text as string),
  ...(member === undefined ? {} : { member }),
});
const err = (text: string): LogChunk => ({ stream: 'stderr', bytes: Buffer.from(text) });

const missing = async (stored: Iterable<LogChunk>, lines: Iterable<string>): Promise<readonly LogChunk[]> =>
  Array.fromAsync(unstoredLines(from(stored), from(lines)));

const textOf = (chunks: readonly LogChunk[]): string =>
  chunks
    .map(({ stream, bytes }) => `${stream === 'stderr' ? '!' : ''}${Buffer.from(bytes).toString()}`)
    .join('');

const kana = Buffer.from('あい');

describe('what was printed and not stored', () => {
  it.each<readonly [string, readonly LogChunk[], readonly string[], string]>([
    ['nothing, when all was', [out('a\nb\n'), err('c\n')], ['a', 'c', 'b'], ''],
    ['all, when nothing was', [], ['a', 'b'], 'a\nb\n'],
    ['the end', [out('a\nb\n')], ['a', 'b', 'c', 'd'], 'c\nd\n'],
    [
      'the end of equal lines',
      [out('tick\ntick\n')],
      ['tick', 'tick', 'tick', 'tock', 'tick'],
      'tick\ntock\ntick\n',
    ],
    ['the end of both streams', [out('a\n'), err('b\n')], ['b', 'a', 'c', 'd'], 'c\nd\n'],
    ['the rest of a line', [out('a\nbe')], ['a', 'begun', 'c'], 'gun\nc\n'],
    ['the rest of a line on stderr', [out('a\n'), err('be')], ['a', 'begun'], '!gun\n'],
    ['the rest of the only line', [out('be')], ['begun'], 'gun\n'],
    [
      'the rest of a line that a character was cut in',
      [out('a\n'), out(kana.subarray(0, 4))],
      ['a', 'あい'],
      Buffer.concat([kana.subarray(4), Buffer.from('\n')]).toString(),
    ],
    ['another line, while one is open', [out('a\nbe')], ['a', 'error', 'begun'], '!error\ngun\n'],
    [
      'nothing that was printed before the agent was there',
      [out('a\n')],
      ['leat: fetching', 'a', 'b'],
      'b\n',
    ],
    [
      'all, where only the bootstrap has printed',
      [],
      ['leat: the link is refused'],
      'leat: the link is refused\n',
    ],
    ['no empty lines, which platforms leave out', [out('a\n\n\nb\n')], ['a', 'b', 'c'], 'c\n'],
    ['lines with spaces around them', [out('  a \r\nb\n')], ['  a', 'b', ' c'], ' c\n'],
    ['lines that are no text', [out(Buffer.from([0xff, 0xfe, 10, 98, 10]))], ['\uFFFD', 'b', 'c'], 'c\n'],
    [
      'what a platform has cut',
      [out(`a\n${'x'.repeat(20_000)}\nb\n`)],
      ['a', 'x'.repeat(16_384), 'x'.repeat(3616), 'b', 'c'],
      'c\n',
    ],
    ['what has no newline at its end', [out('a\nend')], ['a', 'end'], '\n'],
  ])('%s', async (_, stored, lines, expected) => {
    expect(textOf(await missing(stored, lines))).toBe(expected);
  });

  it('belongs to the member of a chunk that printed last', async () => {
    expect(await missing([out('a\n', 0), out('b\n', 7)], ['a', 'b', 'c'])).toEqual([
      { stream: 'stdout', bytes: Buffer.from('c\n'), member: 7 },
    ]);
  });

  it('is found whatever is printed and wherever the storing ended, and no line twice', async () => {
    const line = fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      // Few words, so that many lines are equal.
      text: fc.constantFrom('a', 'ab', 'abc', 'tick', 'ünï'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 40 }),
        fc.nat(40),
        fc.array(fc.nat(3), { maxLength: 80 }),
        async (printed, cut, jumps) => {
          const stored = printed.slice(0, cut);
          const chunks = stored.map(({ stream, text }) => ({ stream, bytes: Buffer.from(`${text}\n`) }));
          const rest = await missing(chunks, passing(printed, jumps));
          const lines = [...chunks, ...rest].flatMap(({ bytes }) =>
            Buffer.from(bytes).toString().split('\n').slice(0, -1),
          );
          expect(lines.toSorted()).toEqual(printed.map(({ text }) => text).toSorted());
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is found in a long output in bounded memory: what is stored is read as it is needed', async () => {
    const count = 200_000;
    let read = 0;
    async function* stored() {
      for (let at = 0; at < count; at += 100) {
        read = at;
        yield out(Array.from({ length: 100 }, (_, index) => `line ${at + index} of many\n`).join(''));
      }
    }
    let furthest = 0;
    async function* lines() {
      for (let at = 0; at < count + 10; at += 1) {
        furthest = Math.max(furthest, read - at);
        yield `line ${at} of many`;
      }
    }
    const found = await Array.fromAsync(unstoredLines(stored(), lines()));
    expect(found.map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(
      Array.from({ length: 10 }, (_, at) => `line ${count + at} of many\n`),
    );
    expect(furthest).toBeLessThan(60_000);
  });
});

describe('a long output of short lines', () => {
  /** A thousand lines a chunk. */
  async function* short(count: number, lineOf: (at: number) => string, read: (lines: number) => void) {
    for (let at = 0; at < count; at += 1000) {
      read(at);
      yield out(Array.from({ length: 1000 }, (_, index) => `${lineOf(at + index)}\n`).join(''));
    }
  }

  it('is read no further than its lines take memory, though their characters are few', async () => {
    let read = 0;
    const stored = short(
      1_000_000,
      () => 'a',
      (lines) => {
        read = lines;
      },
    );
    expect(await Array.fromAsync(unstoredLines(stored, from(['another'])))).toEqual([]);
    expect(read).toBeLessThan(15_000);
  });

  it('is told from what is missing, of equal lines too', async () => {
    const count = 100_000;
    const lineOf = (at: number): string => (at % 3 === 0 ? 'b' : 'a');
    async function* lines() {
      for (let at = 0; at < count + 3; at += 1) yield lineOf(at);
    }
    const stored = short(count, lineOf, () => undefined);
    const found = await Array.fromAsync(unstoredLines(stored, lines()));
    expect(textOf(found)).toBe(`${lineOf(count)}\n${lineOf(count + 1)}\n${lineOf(count + 2)}\n`);
  });
});

/** The lines as a platform reads them: those of one stream in order, and the streams at their own pace. */
function passing(
  printed: readonly { readonly stream: string; readonly text: string }[],
  jumps: readonly number[],
): readonly string[] {
  const queues = [
    printed.filter(({ stream }) => stream === 'stdout'),
    printed.filter(({ stream }) => stream === 'stderr'),
  ];
  const lines: string[] = [];
  for (let at = 0; queues.some((queue) => queue.length > 0); at += 1) {
    const [one, other] = (jumps[at] ?? 0) % 2 === 0 ? queues : queues.toReversed();
    const next = one?.shift() ?? other?.shift();
    if (next !== undefined) lines.push(next.text);
  }
  return lines;
}
