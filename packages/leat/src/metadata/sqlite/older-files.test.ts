import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../events.ts';
import { project } from '../fold/projection.ts';
import type { MetadataStore } from '../metadata-store.ts';
import { olderVersions, writeOlderFile } from './older-files.fixture.ts';
import { migrations } from './schema.ts';
import { openSqliteStore } from './sqlite-store.ts';

/** Of each migration: somebody has files that it made. A change of the tables is a new migration. */
const made = ['0c4c11ff9941858d', '719ee31669dfd1ce', '276fc0a0d7b9e621', '7e2825d0f27c5880'];

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
  file = join(folder, 'metadata.db');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Everything that the tables tell of the run is what its log says. */
async function expectAll(store: MetadataStore, events: readonly RunEvent[]): Promise<void> {
  const { tasks, attempts, failures, steps } = project(events);
  expect(await store.tasks('OldFlow', '1', {})).toEqual(tasks);
  expect(await store.failures('OldFlow', '1', 100)).toEqual(failures);
  expect(await store.steps('OldFlow', '1')).toEqual([...steps.values()]);
  for (const record of tasks) {
    expect(await store.task('OldFlow', '1', record.task)).toEqual(record);
    expect(await store.attempts('OldFlow', '1', record.task)).toEqual(attempts.get(record.task) ?? []);
  }
  const logged = await Array.fromAsync(store.events('OldFlow', '1'), ({ event }) => event);
  expect(logged).toEqual(events);
}

/** What this version alone can keep: items that were taken over together, and a chunk. */
const later: readonly RunEvent[] = [
  {
    type: 'chunk-submitted',
    at: 2000,
    group: { step: 'train', path: [], iteration: 0 },
    places: [10, 13],
    attempt: 0,
    layer: 'local',
    token: 'later',
    pack: 'packs/later',
  },
  {
    type: 'tasks-reused',
    at: 2001,
    group: { step: 'train', path: [], iteration: 0 },
    from: 20,
    to: 24,
    outcome: { kind: 'linear' },
    originRun: '9',
    results: { kind: 'named', before: 'm/', after: '@0.json' },
  },
];

it('there is an older file of each version before this one', () => {
  expect([...olderVersions.keys()]).toEqual(migrations.slice(1).map((_, index) => index + 1));
});

it('a migration that was made once stays as it is', () => {
  expect(migrations.map((sql) => createHash('sha256').update(sql).digest('hex').slice(0, 16))).toEqual(made);
});

describe.each([...olderVersions])('a file of schema version %i', (version, older) => {
  it('is brought up to date, with every run, task and attempt in it, and goes on', async () => {
    writeOlderFile(file, version, older);
    const store = await openSqliteStore(file);
    expect(await store.runs({ tags: ['best'] })).toEqual([
      {
        flow: 'OldFlow',
        id: '1',
        namespace: 'user:ada',
        user: 'ada',
        tags: ['best'],
        status: 'running',
        createdAt: 1000,
        package: 'abc',
        datastore: 'file:///s',
        parametersKey: 'p',
        parameters: { alpha: 0.1 },
        plan: { steps: ['start', 'train', 'end'] },
        command: 'leat run',
        lastSeq: older.events.length,
        lease: { owner: 'here:1', epoch: 1, until: 31_000 },
      },
    ]);
    await expectAll(store, older.events);

    const lease = await store.acquireLease('OldFlow', '1', 'there:2', 60_000);
    await store.append(lease, later);
    await expectAll(store, [...older.events, ...later]);
    const { run } = await store.createRun(
      {
        flow: 'OldFlow',
        namespace: 'user:ada',
        user: 'ada',
        tags: [],
        plan: {},
        parameters: {},
        parametersKey: 'p',
        package: 'abc',
        datastore: 'file:///s',
        createdAt: 3000,
      },
      'there:2',
      60_000,
    );
    expect(run.id).toBe('2');
    await store.close();

    const again = await openSqliteStore(file);
    await expectAll(again, [...older.events, ...later]);
    await again.close();
  });

  it('keeps all that it has when it cannot be brought up to date, and is tried again', async () => {
    writeOlderFile(file, version, older);
    const database = new DatabaseSync(file);
    // Stands in the way of the last migration, after those before it have done their part.
    database.exec('CREATE TABLE runs_in_namespace (x)');
    database.close();
    await expect(openSqliteStore(file)).rejects.toMatchObject({ code: 'METADATA_UNAVAILABLE' });
    const kept = new DatabaseSync(file);
    expect(kept.prepare('PRAGMA user_version').get()).toEqual({ user_version: version });
    const tables = kept.prepare(`SELECT name FROM sqlite_schema WHERE name = 'chunks'`).all();
    expect(tables).toHaveLength(version < 2 ? 0 : 1);
    kept.exec('DROP TABLE runs_in_namespace');
    kept.close();
    const store = await openSqliteStore(file);
    await expectAll(store, older.events);
    await store.close();
  });
});
