import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countDuration, durationCount, type Durations, medianDuration } from './durations.ts';

test('the median is known to a quarter, and takes no more room for more tasks', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 10_000_000 }), { minLength: 1, maxLength: 50 }), (all) => {
      const durations: Durations = [];
      for (const ms of all) countDuration(durations, ms);
      const sorted = all.toSorted((a, b) => a - b);
      const median = Math.max(1, sorted[Math.ceil(all.length / 2) - 1]!);
      expect(durationCount(durations)).toBe(all.length);
      expect(medianDuration(durations)).toBeGreaterThanOrEqual(median);
      expect(medianDuration(durations)).toBeLessThanOrEqual(median * 1.25);
      expect(durations.length).toBeLessThan(100);
    }),
  );
});

test('what was never counted has no median', () => {
  expect(medianDuration([])).toBe(0);
});

test('a clock that was set back, or a year, does no harm', () => {
  const durations: Durations = [];
  countDuration(durations, -5);
  countDuration(durations, 1e15);
  expect(durationCount(durations)).toBe(2);
  expect(durations.length).toBeLessThanOrEqual(124);
});
