import { expect, it } from 'vitest';
import { connectionOptions } from './connection-options.ts';

it('reads where the server is, and where in the database the tables are', () => {
  const { server, schema, shown } = connectionOptions(
    'postgres://ada:s%40cret@db.example:6000/work?schema=leat_prod',
  );
  expect(server).toMatchObject({
    host: 'db.example',
    port: 6000,
    user: 'ada',
    password: 's@cret',
    database: 'work',
  });
  expect(schema).toBe('leat_prod');
  expect(shown).toBe('postgres://ada@db.example:6000/work?schema=leat_prod');
  expect(connectionOptions('postgres:///work?host=/run/postgresql')).toMatchObject({
    server: { host: '/run/postgresql', database: 'work' },
    schema: 'leat',
  });
});

it.each(['Leat', 'a-b', '1st', 'pg_leat', 'x'.repeat(64), 'a"; DROP SCHEMA leat; --'])(
  'refuses the schema %j, and shows no password',
  (schema) => {
    const url = `postgres://ada:s3cret@db/work?schema=${encodeURIComponent(schema)}`;
    const refused = (): unknown => connectionOptions(url);
    expect(refused).toThrow(/cannot be the schema/);
    expect(refused).not.toThrow(/s3cret/);
  },
);

it.each(['postgres://ada:s3#cret@db/work', 'postgres://ada:s3cret@db:port/work'])('refuses %s', (url) => {
  expect(() => connectionOptions(url)).toThrow(/^'postgres:\/\/…' is no URL of a PostgreSQL database$/);
});
