import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeptValues } from './kept-values.ts';

const MiB = 1024 * 1024;

describe('values that are kept', () => {
  it('are all the small ones, the last one whatever its size, and not more than 32 MiB of large ones before it', () => {
    const size = fc.oneof(fc.nat(1024), fc.nat(64 * 1024), fc.nat(100 * MiB));
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 60 }), (sizes) => {
        const kept = new KeptValues();
        const owners = sizes.map((): unknown[] => []);
        for (const [index, each] of sizes.entries()) {
          kept.keep(owners[index]!, 0, { value: index, size: each });
          expect(owners[index]).toEqual([index]);
          const large = sizes
            .slice(0, index + 1)
            .filter((bytes, at) => bytes > 1024 && owners[at]![0] !== undefined);
          const sum = large.reduce((a, b) => a + b, 0);
          expect(sum <= 32 * MiB || large.length === 1).toBe(true);
        }
        for (const [index, each] of sizes.entries()) if (each <= 1024) expect(owners[index]).toEqual([index]);
      }),
    );
  });

  it('go in the order in which they came, however many there were', () => {
    const kept = new KeptValues();
    const owners = Array.from({ length: 10_000 }, (): unknown[] => []);
    for (const [index, values] of owners.entries()) kept.keep(values, 0, { value: index, size: MiB });
    const left = owners.flatMap((values, index) => (values[0] === undefined ? [] : [index]));
    expect(left).toEqual(Array.from({ length: 32 }, (_, at) => 9_968 + at));
  });
});
