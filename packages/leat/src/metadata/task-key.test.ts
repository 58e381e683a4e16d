import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTask } from '../datastore/keys.ts';
import { compareTaskKeys, parseTaskKey, pathFromSortable, sortablePath } from './task-key.ts';

const address = fc.record({
  step: fc.constantFrom('start', 'train', '$odd_1'),
  path: fc.array(fc.nat({ max: 10_000_000 }), { maxLength: 4 }),
  iteration: fc.nat({ max: 1000 }),
});

it('reads every address that the datastore writes', () => {
  fc.assert(
    fc.property(address, (key) => {
      expect(parseTaskKey(formatTask(key))).toEqual(key);
    }),
  );
  for (const text of ['', 'train[', 'train[1', 'train[a]', 'train~0', '1train', 'a b']) {
    expect(parseTaskKey(text)).toBeUndefined();
  }
});

it('sorts paths of one depth as their numbers', () => {
  const path = fc.array(fc.nat({ max: 1_000_000 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(path, path, (a, b) => {
      const byNumber =
        a.map((index, depth) => index - (b[depth] ?? 0)).find((difference) => difference !== 0) ?? 0;
      const [left, right] = [
        { step: 's', path: a, iteration: 0 },
        { step: 's', path: b, iteration: 0 },
      ];
      expect(Math.sign(compareTaskKeys(left, right))).toBe(Math.sign(byNumber));
      expect(pathFromSortable(sortablePath(a))).toEqual(a);
    }),
  );
});
