import { expect, it } from 'vitest';
import { withoutPassword } from './without-password.ts';

const cases: readonly (readonly [string, string])[] = [
  [
    'postgres://ada:s3cret@db.example:5432/leat?sslmode=verify-full',
    'postgres://ada@db.example:5432/leat?sslmode=verify-full',
  ],
  ['postgres://ada:s3cret%40x@db/leat', 'postgres://ada@db/leat'],
  ['postgres://ada:s3cret@x@db/leat', 'postgres://ada@db/leat'],
  ['postgres:///leat?host=/run/pg&password=s3cret&user=ada', 'postgres:///leat?host=%2Frun%2Fpg&user=ada'],
  ['postgres://ada:s3cret@/leat', 'postgres://…'],
  ['postgres://ada:s3cret#x@db/leat', 'postgres://…'],
  ['sqlite:///data/metadata.db', 'sqlite:///data/metadata.db'],
  ['.leat', '.leat'],
];

it.each(cases)('shows %s as %s', (url, shown) => {
  expect(withoutPassword(url)).toBe(shown);
});
