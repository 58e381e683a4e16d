import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packResults, unpackResults } from './packed-results.ts';

const bytes = fc.integer({ min: 0, max: 2 ** 45 });
const time = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });

it('gives back what was packed, whatever the numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, bytes, time, time)), (rows) => {
      const columns = {
        offsets: rows.map(([offset]) => offset),
        lengths: rows.map(([, length]) => length),
        startedAt: rows.map(([, , startedAt]) => startedAt),
        endedAt: rows.map(([, , , endedAt]) => endedAt),
      };
      const from = Math.floor(rows.length / 3);
      expect(unpackResults(packResults(columns, from, rows.length))).toEqual(
        rows
          .slice(from)
          .map(([offset, length, startedAt, endedAt]) => ({ offset, length, startedAt, endedAt })),
      );
    }),
  );
});

it('takes at most eight bytes for each of a thousand tasks that followed one another', () => {
  const places = Array.from({ length: 1_000 }, (_, index) => index);
  const columns = {
    offsets: places.map((place) => 45 + place * 350 + (place % 3)),
    lengths: places.map((place) => 300 + (place % 7)),
    startedAt: places.map((place) => 1_800_000_000_000 + place * 12),
    endedAt: places.map((place) => 1_800_000_000_000 + place * 12 + 11),
  };
  expect(packResults(columns, 0, 1_000).length).toBeLessThan(8 * 1_000);
});
