import { PostgresServer } from '@leat/testing';
import type { MetadataStore, TaskQuery } from 'leat/metadata';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresStore } from './postgres-store.ts';
import { sampleRun } from './sample-run.fixture.ts';
import { taskPageQuery } from './task-rows.ts';

const cases: readonly (readonly [string, TaskQuery, string, string])[] = [
  ['all', {}, 'tasks_pkey', '(run = '],
  ['all, a late page', { after: 'train[9000]' }, 'tasks_pkey', 'ROW(step, path, iteration) > ROW('],
  ['a step', { step: 'train' }, 'tasks_pkey', "step = 'train'"],
  [
    'a step, a late page',
    { step: 'train', after: 'train[9000]' },
    'tasks_pkey',
    'ROW(step, path, iteration) > ROW(',
  ],
  ['a status', { status: 'submitted' }, 'tasks_by_status', "status = 'submitted'"],
  [
    'a status, a late page',
    { status: 'submitted', after: 'train[9000]' },
    'tasks_by_status',
    'ROW(step, path, iteration) > ROW(',
  ],
];

describe('a page of tasks', () => {
  let server: PostgresServer;
  let store: MetadataStore;
  let client: pg.Client;

  beforeAll(async () => {
    server = await PostgresServer.start();
    store = await openPostgresStore(server.url());
    client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    const { lease } = await store.createRun(sampleRun, 'engine', 60_000);
    const places = Array.from({ length: 10_000 }, (_, index) => index);
    const group = { step: 'train', path: [], iteration: 0 };
    await store.append(lease, [
      {
        type: 'chunk-submitted',
        at: 1,
        group,
        places: [0, 10_000],
        attempt: 0,
        layer: 'local',
        token: 't',
        pack: 'p',
      },
      {
        type: 'chunk-succeeded',
        at: 2,
        token: 't',
        outcome: { kind: 'linear' },
        places: places.slice(0, 9_900),
        offsets: places,
        lengths: places,
        startedAt: places,
        endedAt: places,
      },
    ]);
    await client.query('ANALYZE leat.tasks');
  }, 60_000);
  afterAll(async () => {
    await client.end();
    await store.close();
    await server.stop();
  });

  it.each(cases)('is sought, and nothing is sorted: %s', async (_name, query, index, condition) => {
    const { sql, values } = taskPageQuery(1, { ...query, limit: 100 });
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, [...values]);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain(`Index Scan using ${index}`);
    expect(plan).toMatch(new RegExp(`Index Cond: .*${RegExp.escape(condition)}`));
    expect(plan).not.toContain('Sort');
  });
});
