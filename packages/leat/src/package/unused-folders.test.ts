import { expect, it } from 'vitest';
import { unusedFolders } from './unused-folders.ts';

const dayMs = 24 * 3_600_000;
const now = 1000 * dayMs;
const touched = (...daysAgo: readonly number[]) =>
  daysAgo.map((days) => ({ path: `${days} days`, time: now - days * dayMs }));
const unused = (daysAgo: readonly number[], keep: number): readonly string[] =>
  unusedFolders(touched(...daysAgo), keep, now).map(({ path }) => path);

it('spares the last ones, however old they are', () => {
  expect(unused([30, 40, 20, 50], 2)).toEqual(['40 days', '50 days']);
});

it('spares what was touched within a week, however many came after it', () => {
  expect(unused([6, 1, 2, 3, 8, 4, 5], 2)).toEqual(['8 days']);
});

it('keeps no more than sixteen times as many', () => {
  const daysAgo = Array.from({ length: 40 }, (_, at) => at / 100);
  expect(unused(daysAgo, 2)).toEqual(daysAgo.slice(32).map((days) => `${days} days`));
});
