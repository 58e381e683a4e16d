import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomEvents } from '@leat/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MetadataStore, TaskQuery, TaskRecord, TaskStatus } from '../metadata-store.ts';
import { project } from '../fold/projection.ts';
import { openSqliteStore } from './sqlite-store.ts';

let folder = '';
let stores: readonly [MetadataStore, MetadataStore];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
  const open = (): Promise<MetadataStore> => openSqliteStore(join(folder, 'metadata.db'));
  stores = [await open(), await open()];
});

afterAll(async () => {
  for (const store of stores) await store.close();
  rmSync(folder, { recursive: true });
});

const given = {
  flow: 'F',
  namespace: 'user:ada',
  user: 'ada',
  tags: [],
  plan: {},
  parameters: {},
  parametersKey: 'p',
};

const statuses: readonly (TaskStatus | undefined)[] = [
  undefined,
  'submitted',
  'running',
  'waiting-retry',
  'succeeded',
  'failed',
  'cancelled',
];

/** All pages of a list, `limit` tasks each. */
async function paged(store: MetadataStore, run: string, query: TaskQuery): Promise<readonly TaskRecord[]> {
  const all: TaskRecord[] = [];
  for (let after: string | undefined; ; after = all.at(-1)?.task) {
    const page = await store.tasks('F', run, { ...query, ...(after === undefined ? {} : { after }) });
    all.push(...page);
    if (page.length < (query.limit ?? 1_000)) return all;
  }
}

it('stores what the fold says, however the log is cut and whoever writes it', async () => {
  const cuts = fc.array(fc.record({ length: fc.integer({ min: 1, max: 30 }), handOver: fc.boolean() }), {
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(fc.integer(), cuts, async (seed, batches) => {
      const events = randomEvents(
        seed,
        batches.reduce((sum, { length }) => sum + length, 0),
      );
      let [writer, other] = stores;
      const created = await writer.createRun(
        { ...given, package: 'abc', datastore: 'file:///s', createdAt: 1 },
        'engine',
        60_000,
      );
      let { lease } = created;
      let at = 0;
      for (const { length, handOver } of batches) {
        if (handOver) [writer, other] = [other, writer];
        if (handOver) lease = await writer.acquireLease('F', lease.run, 'engine', 60_000, true);
        await writer.append(lease, events.slice(at, (at += length)));
      }
      const expected = project(events);
      expect(await other.tasks('F', lease.run, {})).toEqual(expected.tasks);
      for (const status of statuses) {
        const query = { limit: 7, ...(status === undefined ? {} : { status }) };
        const only = expected.tasks.filter((task) => status === undefined || task.status === status);
        expect(await paged(other, lease.run, query)).toEqual(only);
        const train = only.filter(({ step }) => step === 'train');
        expect(await paged(other, lease.run, { ...query, step: 'train' })).toEqual(train);
      }
      expect(await other.failures('F', lease.run, 100)).toEqual(expected.failures);
      expect(new Map((await other.steps('F', lease.run)).map((counts) => [counts.step, counts]))).toEqual(
        expected.steps,
      );
      for (const record of expected.tasks) {
        const { task } = record;
        expect(await other.task('F', lease.run, task)).toEqual(record);
        expect(await other.attempts('F', lease.run, task)).toEqual(expected.attempts.get(task) ?? []);
      }
    }),
    { numRuns: 60 },
  );
});
