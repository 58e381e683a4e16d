import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KeySet } from './key-set.ts';

const keyOf = (n: number): string => {
  const hash = createHash('sha256').update(String(n)).digest('hex');
  return `blobs/${hash.slice(0, 2)}/${hash.slice(2)}`;
};

it('holds just the keys that were added, and says which are new', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3_000), { maxLength: 4_000, size: 'max' }), (numbers) => {
      const set = new KeySet();
      const model = new Set<number>();
      for (const n of numbers) {
        expect(set.add(keyOf(n))).toBe(!model.has(n));
        model.add(n);
      }
      for (let n = 0; n < 3_100; n += 7) expect(set.has(keyOf(n))).toBe(model.has(n));
    }),
    { numRuns: 20 },
  );
});

it('knows keys of content only', () => {
  const set = new KeySet();
  expect([set.add('runs/F/1/x.json'), set.add('runs/F/1/x.json'), set.has('runs/F/1/x.json')]).toEqual([
    true,
    true,
    false,
  ]);
});
