import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, LogFrames } from './log-frames.ts';

function framed({ stream, bytes }: Frame): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stderr' ? 2 : 1;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

const textOf = (frames: readonly Frame[], wanted: Frame['stream']): string =>
  Buffer.concat(frames.filter(({ stream }) => stream === wanted).map(({ bytes }) => bytes)).toString('hex');

describe('LogFrames', () => {
  it('gives what was printed, wherever the pieces are cut', () => {
    const frame = fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      bytes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(
        fc.array(frame),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
        (sent, cuts) => {
          const all = Buffer.concat(sent.map(framed));
          const reader = new LogFrames();
          const got: Frame[] = [];
          for (let at = 0, turn = 0; at < all.length; turn += 1) {
            const length = cuts[turn % cuts.length] ?? 1;
            got.push(...reader.push(all.subarray(at, at + length)));
            at += length;
          }
          for (const stream of ['stdout', 'stderr'] as const)
            expect(textOf(got, stream)).toBe(textOf(sent, stream));
        },
      ),
    );
  });
});
