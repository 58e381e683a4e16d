import { PostgresServer } from '@leat/testing';
import type { MetadataStore } from 'leat/metadata';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Statements, Value } from './database.ts';
import { openPostgresStore } from './postgres-store.ts';
import { listRuns, readRun, runKey } from './run-rows.ts';
import { sampleRun } from './sample-run.fixture.ts';
import { ServerClock } from './server-clock.ts';
import { listAttempts, listCounts, listFailures, listOpenTasks, readTasks } from './task-rows.ts';

/** A connection that keeps what it is asked. */
class Recorder implements Statements {
  readonly asked: { readonly sql: string; readonly values: readonly Value[] }[] = [];
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  async all<Row>(sql: string, ...values: readonly Value[]): Promise<Row[]> {
    this.asked.push({ sql, values });
    return (await this.#client.query(sql, [...values])).rows as Row[];
  }

  async get<Row>(sql: string, ...values: readonly Value[]): Promise<Row | undefined> {
    return (await this.all<Row>(sql, ...values))[0];
  }
}

const clock = new ServerClock();
const before = { flow: 'F7', id: '90' };

const cases: readonly (readonly [string, (statements: Statements) => Promise<unknown>, readonly string[]])[] =
  [
    ['the counts of steps', (on) => listCounts(on, 1), ['step_counts_pkey']],
    ['failures', (on) => listFailures(on, 1, 10), ['tasks_failed']],
    ['open tasks', (on) => listOpenTasks(on, 1, 10), ['tasks_by_status']],
    ['a task', (on) => readTasks(on, 1, ['train[700]']), ['tasks_pkey']],
    ['the attempts of a task', (on) => listAttempts(on, 1, 'train[700]'), ['attempts_pkey', 'tasks_pkey']],
    ["a run's number", (on) => runKey(on, 'F7', '90'), ['runs_by_id']],
    ['a run', (on) => readRun(on, clock, 'F7', '90'), ['leases_pkey', 'runs_by_id', 'tags_pkey']],
    [
      'the newest runs',
      (on) => listRuns(on, clock, { limit: 10 }),
      ['leases_pkey', 'runs_pkey', 'tags_pkey'],
    ],
    [
      'the runs of a flow',
      (on) => listRuns(on, clock, { flow: 'F7', limit: 10 }),
      ['leases_pkey', 'runs_by_flow', 'tags_pkey'],
    ],
    [
      'a later page of those of a flow',
      (on) => listRuns(on, clock, { flow: 'F7', before, limit: 10 }),
      ['leases_pkey', 'runs_by_flow', 'runs_by_id', 'tags_pkey'],
    ],
    [
      'the runs of a namespace',
      (on) => listRuns(on, clock, { namespace: 'user:7', limit: 10 }),
      ['leases_pkey', 'runs_in_namespace', 'tags_pkey'],
    ],
    [
      'the runs with a status',
      (on) => listRuns(on, clock, { status: 'running', limit: 10 }),
      ['leases_pkey', 'runs_by_status', 'tags_pkey'],
    ],
  ];

/** A team's database: 20,000 runs of 100 flows, and one run of 10,000 tasks beside others. */
const many = `
  INSERT INTO leat.runs (flow, id, namespace, user_name, status, created_at, package, datastore, parameters_key, parameters, plan, request)
    SELECT 'F' || n % 100, 1 + n / 100, 'user:' || n / 7 % 1000, 'ada', CASE WHEN n % 1000 = 0 THEN 'running' ELSE 'succeeded' END, n, 'abc',
      'file:///s', 'p', '{}', '{}', gen_random_uuid() FROM generate_series(0, 19999) AS n;
  INSERT INTO leat.leases (run, epoch, until, last_seq, taken_by, written_by)
    SELECT key, 1, 0, 0, request, request FROM leat.runs ON CONFLICT DO NOTHING;
  INSERT INTO leat.tags (run, tag) SELECT key, 'best' FROM leat.runs ON CONFLICT DO NOTHING;
  INSERT INTO leat.tasks (run, step, path, iteration, status, attempts, created_at, ended_at, ended_seq, caught)
    SELECT 1 + n / 10000, 'train', 'c' || 100000 + n, 0,
      CASE n % 1000 WHEN 0 THEN 'failed' WHEN 1 THEN 'submitted' ELSE 'succeeded' END, 2, n, n, n, FALSE
    FROM generate_series(0, 39999) AS n;
  INSERT INTO leat.attempts (run, step, path, iteration, number, attempt) SELECT run, step, path, 0, 0, '{"attempt":0}' FROM leat.tasks;
  INSERT INTO leat.tasks (run, step, path, iteration, status, attempts, created_at, caught, attempt)
    VALUES (1, 'train', 'c700', 0, 'succeeded', 2, 1, FALSE, '{"attempt":1}');
  INSERT INTO leat.step_counts (run, step, counts)
    SELECT key, step, '{}' FROM leat.runs, unnest(ARRAY['start', 'train', 'end']) AS step;
  ANALYZE;
`;

describe('a query of a large database', () => {
  let server: PostgresServer;
  let store: MetadataStore;
  let client: pg.Client;

  beforeAll(async () => {
    server = await PostgresServer.start();
    store = await openPostgresStore(server.url());
    client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    await store.createRun(sampleRun, 'engine', 60_000);
    await client.query(many);
  }, 60_000);
  afterAll(async () => {
    await client.end();
    await store.close();
    await server.stop();
  });

  it.each(cases)('seeks in indexes alone, and sorts nothing: %s', async (_name, work, indexes) => {
    const recorder = new Recorder(client);
    await work(recorder);
    const plans: string[] = [];
    for (const { sql, values } of recorder.asked) {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, [...values]);
      plans.push(...rows.map((row) => row['QUERY PLAN']));
    }
    const plan = plans.join('\n');
    expect(plan).not.toContain('Seq Scan');
    expect(plan).not.toContain('Sort');
    const used = plan.matchAll(/(?:Index (?:Only )?Scan(?: Backward)? using|Bitmap Index Scan on) (\w+)/g);
    expect([...new Set(used.map(([, index]) => index ?? ''))].toSorted((a, b) => a.localeCompare(b))).toEqual(
      indexes,
    );
  });
});
