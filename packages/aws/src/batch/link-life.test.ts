import { expect, it } from 'vitest';
import { aboutLinks } from './link-life.ts';

const now = Date.UTC(2026, 10, 28);
const minutes = (count: number): number => now + count * 60_000;

it.each([
  ['keys that stay', Infinity, 'hold for 7 days.'],
  ['a role of an hour', minutes(59.5), 'hold for 59 min, as long as your credentials.'],
  ['a role of twelve', minutes(12 * 60 - 1), 'hold for 11 hours, as long as your credentials.'],
  ['longer than AWS allows', minutes(60 * 24 * 30), 'hold for 7 days, as long as your credentials.'],
  ['what has ended meanwhile', minutes(-1), 'hold for 0 min, as long as your credentials.'],
  ['a session that does not say when it ends', undefined, 'end with the session of your credentials'],
])('the life of links that are signed with %s', (_, endsAt, expected) => {
  const { level, message } = aboutLinks(endsAt, now);
  expect(level).toBe('note');
  expect(message).toContain(expected);
});
