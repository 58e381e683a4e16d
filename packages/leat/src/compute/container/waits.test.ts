import { expect, it } from 'vitest';
import { waits } from './waits.ts';

it('grow to half a minute, and end', () => {
  const all = [...waits()];
  expect(all).toHaveLength(20);
  expect(all[0]).toBeLessThanOrEqual(250);
  expect(all.at(-1)).toBeGreaterThan(20_000);
  expect(Math.max(...all)).toBeLessThanOrEqual(30_000);
  expect([...waits(3)]).toHaveLength(3);
});
