import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Database, type Value } from './database.ts';
import { listAttempts, readTask } from './read-tasks.ts';
import { listRuns, readRun, runKey } from './run-rows.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { listCounts, listFailures, listOpenTasks } from './task-rows.ts';

let folder = '';
let database: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
  database = await Database.open(join(folder, 'metadata.db'));
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

/** How SQLite goes about each statement that `work` asks for, as it looks tables up; the rest is made of what they give. */
function lookUps(work: () => unknown): string[] {
  const asked = [vi.spyOn(database, 'all'), vi.spyOn(database, 'get')];
  work();
  const statements = asked.flatMap(({ mock }) => mock.calls as readonly [string, ...Value[]][]);
  for (const spy of asked) spy.mockRestore();
  return statements
    .flatMap(([sql, ...values]) => database.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${sql}`, ...values))
    .map(({ detail }) => detail)
    .filter((detail) => !/^(?:CORRELATED|CO-ROUTINE|SCAN \(subquery)/.test(detail));
}

/** What belongs to each run that is read. */
const ofRun = [
  'SEARCH leases USING INTEGER PRIMARY KEY (rowid=?)',
  'SEARCH tags USING PRIMARY KEY (run=?)',
] as const;

/** The run that a page ended with, and the one before it should that be gone. */
const ofPage = [
  'SEARCH runs USING COVERING INDEX runs_by_id (flow=? AND id=?)',
  'SEARCH runs USING COVERING INDEX runs_by_id (flow=? AND id<?)',
] as const;

/** A task's own row, and the ranges that may tell of it: those that begin in its place, and the last that begins before. */
const ofTask = [
  ...['INDEX done_ranges_by_path', 'INDEX reused_ranges_by_path', 'PRIMARY KEY'].flatMap((index, table) => {
    const name = ['done_ranges', 'reused_ranges', 'open_ranges'][table];
    const detail = `SEARCH ${name} USING ${index} (run=? AND step=? AND path>? AND path<?)`;
    return [detail, detail];
  }),
  'SEARCH tasks USING PRIMARY KEY (run=? AND step=? AND path=? AND iteration=?)',
];

const before = { flow: 'F', id: '9' };

const cases: readonly (readonly [string, () => unknown, readonly string[]])[] = [
  ['the counts of steps', () => listCounts(database, 1), ['SEARCH step_counts USING PRIMARY KEY (run=?)']],
  ['failures', () => listFailures(database, 1, 10), ['SEARCH tasks USING INDEX tasks_failed (run=?)']],
  [
    'open tasks',
    () => listOpenTasks(database, 1, 10),
    ['SEARCH tasks USING INDEX tasks_by_status (run=? AND status=?)'],
  ],
  ['a task', () => readTask(database, 1, 'train[3]'), ofTask],
  [
    "a run's number",
    () => runKey(database, 'F', '3'),
    ['SEARCH runs USING COVERING INDEX runs_by_id (flow=? AND id=?)'],
  ],
  ['a run', () => readRun(database, 3), ['SEARCH runs USING INTEGER PRIMARY KEY (rowid=?)', ...ofRun]],
  // From the newest on, as far as the limit: every row that is looked at is told.
  ['the newest runs', () => listRuns(database, {}), ['SCAN runs', ...ofRun]],
  [
    'a later page of runs',
    () => listRuns(database, { before }),
    ['SEARCH runs USING INTEGER PRIMARY KEY (rowid<?)', ...ofRun, ...ofPage],
  ],
  [
    'the runs of a flow',
    () => listRuns(database, { flow: 'F' }),
    ['SEARCH runs USING INDEX runs_by_flow (flow=?)', ...ofRun],
  ],
  [
    'a later page of those of a flow',
    () => listRuns(database, { flow: 'F', before }),
    ['SEARCH runs USING INDEX runs_by_flow (flow=? AND key<?)', ...ofRun, ...ofPage],
  ],
  [
    'the runs of a namespace',
    () => listRuns(database, { namespace: 'user:ada' }),
    ['SEARCH runs USING INDEX runs_in_namespace (namespace=?)', ...ofRun],
  ],
  [
    'the runs of a flow in a namespace',
    () => listRuns(database, { namespace: 'user:ada', flow: 'F' }),
    ['SEARCH runs USING INDEX runs_by_namespace (namespace=? AND flow=?)', ...ofRun],
  ],
  [
    'the runs with a status',
    () => listRuns(database, { status: 'running' }),
    ['SEARCH runs USING INDEX runs_by_status (status=?)', ...ofRun],
  ],
];

it.each(cases)('seeks, and sorts nothing, for %s', (_name, work, expected) => {
  expect(lookUps(work)).toEqual(expected);
});

it('seeks, and sorts nothing, for the attempts of a task', async () => {
  database.close();
  const file = join(folder, 'metadata.db');
  const store = await openSqliteStore(file);
  const { lease } = await store.createRun(
    {
      flow: 'F',
      namespace: 'user:ada',
      user: 'ada',
      tags: [],
      plan: {},
      parameters: {},
      parametersKey: 'p',
      package: 'abc',
      datastore: 'file:///s',
      createdAt: 1,
    },
    'engine',
    60_000,
  );
  await store.append(lease, [
    { type: 'attempt-submitted', at: 1, task: 'train[3]', attempt: 0, layer: 'local', token: 't' },
  ]);
  await store.close();
  database = await Database.open(file);
  expect(lookUps(() => listAttempts(database, 1, 'train[3]')).toSorted()).toEqual([
    'SEARCH attempts USING PRIMARY KEY (run=? AND step=? AND path=? AND iteration=?)',
    'SEARCH tasks USING PRIMARY KEY (run=? AND step=? AND path=? AND iteration=?)',
  ]);
});
