import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrames, encodeFrame } from './log-frames.ts';

describe('frames', () => {
  it('give back what was put in, whatever it is', () => {
    const chunk = fc.record({
      at: fc.integer({ min: 0, max: 2 ** 45 }),
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      bytes: fc.uint8Array({ maxLength: 100 }),
      member: fc.option(fc.nat(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 20 }), (chunks) => {
        const parts = chunks.flatMap(({ bytes, member, ...head }) =>
          encodeFrame({ ...head, ...(member === undefined ? {} : { member }) }, [
            bytes.subarray(0, 3),
            bytes.subarray(3),
          ]),
        );
        const read = [...decodeFrames(Buffer.concat(parts))];
        expect(read.map(({ bytes, member, ...head }) => ({ ...head, member, bytes: [...bytes] }))).toEqual(
          chunks.map(({ bytes, ...head }) => ({ ...head, bytes: [...bytes] })),
        );
      }),
    );
  });

  it('are read by people too', () => {
    const parts = encodeFrame({ at: 1000, stream: 'stderr', member: 3 }, [Buffer.from('héllo\n')]);
    expect(Buffer.concat(parts).toString()).toBe('1000 e 3 7\nhéllo\n');
  });

  it.each(['hello', '1000 o - 9\nshort', '1000 x - 1\na', '1000 o - 1'])('refuse %j', (text) => {
    expect(() => [...decodeFrames(Buffer.from(text))]).toThrow(
      expect.objectContaining({ code: 'STORE_CORRUPT' }),
    );
  });
});
