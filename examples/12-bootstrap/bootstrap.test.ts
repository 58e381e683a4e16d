import { describe, expect, it } from 'vitest';
import { loadCountries } from './countries.ts';
import { percentile } from './percentile.ts';
import { resample } from './resample.ts';
import { slopeOf } from './slope.ts';

describe('the bootstrap', () => {
  it('knows 62 countries', () => {
    expect(loadCountries(2005)).toHaveLength(62);
  });

  it('finds the slope of a line', () => {
    const line = [1, 2, 5].map((children) => ({ name: '', children, life: 80 - 3 * children }));
    expect(slopeOf(line)).toBeCloseTo(-3);
  });

  it('draws the same for the same seed, with replacement', () => {
    const entries = Array.from({ length: 50 }, (_, index) => index);
    expect(resample(entries, 7)).toEqual(resample(entries, 7));
    expect(resample(entries, 7)).not.toEqual(resample(entries, 8));
    expect(new Set(resample(entries, 7)).size).toBeLessThan(50);
    const drawn = Array.from({ length: 400 }, (_, seed) => resample(entries, seed)).flat();
    const mean = drawn.reduce((sum, entry) => sum + entry, 0) / drawn.length;
    expect(Math.abs(mean - 24.5)).toBeLessThan(0.5);
  });

  it('takes percentiles between neighbours', () => {
    expect([0, 50, 100].map((percent) => percentile([1, 2, 4], percent))).toEqual([1, 2, 4]);
    expect(percentile([0, 10], 2.5)).toBeCloseTo(0.25);
    expect(() => percentile([], 50)).toThrow(RangeError);
  });
});
