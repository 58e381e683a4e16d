import { describe, expect, it } from 'vitest';
import { pieceBytes, storeAfterMs } from './piece-policy.ts';

describe('the pieces of a long log', () => {
  it('grow, so that they stay few', () => {
    const piecesOf = (bytes: number): number => {
      let count = 0;
      for (let stored = 0; stored < bytes; count += 1) stored += pieceBytes(count);
      return count;
    };
    expect(piecesOf(64 * 1024)).toBe(1);
    expect(piecesOf(1024 ** 2)).toBe(16);
    // A line of 100 bytes, a hundred times a second, for a day.
    expect(piecesOf(100 * 100 * 86_400)).toBeLessThan(400);
  });

  it('are stored each second at first, and each ten seconds of a long job', () => {
    expect([0, 60_000, 300_000, 86_400_000].map(storeAfterMs)).toEqual([1000, 1000, 2500, 10_000]);
  });
});
