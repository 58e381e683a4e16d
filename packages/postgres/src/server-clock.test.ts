import { expect, it } from 'vitest';
import { ServerClock } from './server-clock.ts';

it('tells a time of the server on our clock, the same way as long as the clocks go alike', () => {
  const clock = new ServerClock();
  // The server is 5 s ahead of us.
  expect(clock.toLocal(40_000, 10_000, 5_000)).toBe(35_000);
  expect(clock.toLocal(40_000, 20_040, 15_000)).toBe(35_000);
  // Ours was set back by an hour.
  expect(clock.toLocal(40_000, 30_000, -3_575_000)).toBe(-3_565_000);
  expect(clock.toLocal(40_000, 31_000, -3_574_000)).toBe(-3_565_000);
});
