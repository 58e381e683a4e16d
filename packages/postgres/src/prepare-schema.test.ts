import { PostgresServer } from '@leat/testing';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresStore } from './postgres-store.ts';
import { loggedTasks, sampleRun, submitted } from './sample-run.fixture.ts';
import { migrations } from './schema.ts';

describe('opening the metadata', () => {
  let server: PostgresServer;
  let schema = '';
  let schemas = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 60_000);
  afterAll(() => server.stop());
  beforeEach(() => {
    schema = `leat_${(schemas += 1)}`;
  });

  const url = (): string => server.url(`?schema=${schema}`);

  async function sql(text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    try {
      return (await client.query<object>(text)).rows;
    } finally {
      await client.end();
    }
  }

  it('makes the tables once when many open an empty database at once', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => openPostgresStore(url())));
    const created = await Promise.all(stores.map((store) => store.createRun(sampleRun, 'engine', 60_000)));
    const ids = created.map(({ run }) => Number(run.id)).toSorted((a, b) => a - b);
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await Promise.all(stores.map((store) => store.close()));
    expect(await sql(`SELECT version FROM ${schema}.schema_version`)).toEqual([
      { version: migrations.length },
    ]);
  });

  it('uses the schema leat unless told, and keeps schemas apart', async () => {
    const [one, other] = [await openPostgresStore(server.url()), await openPostgresStore(url())];
    await one.createRun(sampleRun, 'engine', 0);
    expect(await other.runs({})).toEqual([]);
    expect(await sql('SELECT count(*)::int AS runs FROM leat.runs')).toEqual([{ runs: 1 }]);
    await Promise.all([one.close(), other.close()]);
  });

  it('brings a schema that stopped at an older version up to date', async () => {
    await sql(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.schema_version (version integer NOT NULL);
      INSERT INTO ${schema}.schema_version VALUES (0)`);
    const store = await openPostgresStore(url());
    expect(await store.runs({})).toEqual([]);
    await store.close();
  });

  it('takes a schema that somebody made for it, without the right to make one', async () => {
    await sql(
      `CREATE ROLE guest_${schema} LOGIN PASSWORD 'guest'; CREATE SCHEMA ${schema} AUTHORIZATION guest_${schema}`,
    );
    const guest = new URL(url());
    [guest.username, guest.password] = [`guest_${schema}`, 'guest'];
    const store = await openPostgresStore(guest.href);
    const { lease } = await store.createRun(sampleRun, 'engine', 60_000);
    await store.append(lease, [submitted(0)]);
    expect(await loggedTasks(store)).toEqual(['train[0]']);
    await store.close();
    guest.searchParams.set('schema', `${schema}_more`);
    await expect(openPostgresStore(guest.href)).rejects.toMatchObject({
      code: 'METADATA_UNAVAILABLE',
      hint: expect.stringContaining('GRANT CREATE ON DATABASE') as string,
    });
  });

  it('refuses what a newer Leat wrote, and says what to do', async () => {
    await (await openPostgresStore(url())).close();
    await sql(`UPDATE ${schema}.schema_version SET version = 99`);
    await expect(openPostgresStore(url())).rejects.toMatchObject({
      code: 'METADATA_SCHEMA',
      message: expect.stringContaining('version 99') as string,
      hint: expect.stringContaining('npm install leat@latest') as string,
    });
  });

  it('refuses the tables of another program', async () => {
    await sql(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.theirs (x integer)`);
    await expect(openPostgresStore(url())).rejects.toMatchObject({
      code: 'METADATA_SCHEMA',
      message: expect.stringContaining(`the schema '${schema}'`) as string,
    });
  });

  const wrong: readonly (readonly [string, (right: URL) => void, string])[] = [
    [
      'a wrong password',
      (right) => void (right.password = 'wr0ng-secret'),
      'refuses the user or the password',
    ],
    ['a database that is not there', (right) => void (right.pathname = '/nowhere'), 'does not exist'],
    ['a port where nothing listens', (right) => void (right.port = '1'), 'cannot be reached'],
  ];

  it.each(wrong)('names what is wrong with %s, and shows no password', async (_name, change, said) => {
    const given = new URL(url());
    change(given);
    const error: unknown = await openPostgresStore(given.href).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'METADATA_UNAVAILABLE',
      message: expect.stringContaining(said) as string,
    });
    const { inspect } = await import('node:util');
    const shown = `${inspect(error, { depth: 20, showHidden: true })}${JSON.stringify(error)}`;
    expect(shown).not.toContain(given.password);
  });

  it('shows its URL without the password', async () => {
    const store = await openPostgresStore(url());
    expect(store.url).toBe(`postgres://leat@127.0.0.1:${server.port}/postgres?schema=${schema}`);
    await store.close();
  });
});
