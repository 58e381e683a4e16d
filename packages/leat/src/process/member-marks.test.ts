import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemberMarks, type MemberPiece } from './member-marks.ts';

const mark = 'aab-aac-17';

/** What looks like a mark line and is none, or is one that the pieces cut. */
const lookalike = fc.constantFrom(
  'a',
  'aab',
  'aab-aac-1',
  mark,
  `${mark} `,
  `${mark} \n`,
  `${mark} 12x\n`,
  `${mark}  3\n`,
  `${mark} -3\n`,
  `${mark} 12345678901\n`,
  `aab-aac-16 3\n`,
  `x${mark.slice(0, 5)}`,
  '\n',
);
const text = fc
  .array(fc.oneof(lookalike, fc.string({ unit: 'binary' })), { maxLength: 6 })
  .map((parts) => parts.join(''));

/** Text that, however it is joined with what follows, holds no whole mark line. */
const output = text.filter(
  (printed) => !/aab-aac-17 \d{1,10}\n/.test(printed) && !/aab-aac-17 \d*$/.test(printed),
);

function byMember(pieces: readonly MemberPiece[]): ReadonlyMap<number, string> {
  const parts = Map.groupBy(pieces, ({ member }) => member);
  return new Map(
    [...parts].map(([member, own]) => [member, Buffer.concat(own.map(({ bytes }) => bytes)).toString()]),
  );
}

describe('MemberMarks', () => {
  it('tells whose output is whose, wherever the stream is cut and whatever is printed', () => {
    fc.assert(
      fc.property(fc.array(output, { minLength: 1, maxLength: 12 }), fc.array(fc.nat()), (printed, cuts) => {
        const stream = Buffer.from(printed.map((each, member) => `${mark} ${member}\n${each}`).join(''));
        const marks = new MemberMarks(mark);
        const pieces: MemberPiece[] = [];
        let from = 0;
        for (const cut of [...cuts.map((each) => each % (stream.length + 1)), stream.length].toSorted(
          (a, b) => a - b,
        )) {
          pieces.push(...marks.push(stream.subarray(from, cut)));
          from = cut;
        }
        pieces.push(...marks.end());
        const expected = printed.flatMap((each, member) => (each === '' ? [] : [[member, each] as const]));
        expect(byMember(pieces)).toEqual(
          new Map(expected.map(([member, each]) => [member, Buffer.from(each).toString()])),
        );
        expect(marks.member).toBe(printed.length - 1);
        expect(pieces.every(({ bytes }) => bytes.length > 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('finds a line behind output without a line end', () => {
    const marks = new MemberMarks(mark);
    const pieces = marks.push(Buffer.from(`no end${mark} 4\nmore`));
    expect(byMember(pieces)).toEqual(
      new Map([
        [0, 'no end'],
        [4, 'more'],
      ]),
    );
  });

  it('holds back no more than a line, however much is printed', () => {
    const marks = new MemberMarks(mark);
    let given = 0;
    for (let index = 0; index < 100; index += 1)
      for (const { bytes } of marks.push(Buffer.from(mark.slice(0, -1).repeat(50)))) given += bytes.length;
    expect(100 * 50 * (mark.length - 1) - given).toBeLessThan(mark.length);
  });

  it('makes nothing of members that print nothing', () => {
    const marks = new MemberMarks(mark);
    const stream = Array.from({ length: 1000 }, (_, member) => `${mark} ${member}\n`).join('');
    expect(marks.push(Buffer.from(stream))).toEqual([]);
    expect(marks.member).toBe(999);
  });
});
