import { metadataConformance, PostgresServer, randomEvents } from '@leat/testing';
import fc from 'fast-check';
import { type MetadataStore, project } from 'leat/metadata';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPostgresStore } from './postgres-store.ts';
import { sampleRun } from './sample-run.fixture.ts';

describe('the PostgreSQL store', () => {
  let server: PostgresServer;
  const opened: MetadataStore[] = [];
  let schemas = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 60_000);
  afterAll(() => server.stop());
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  const newSchema = (): string => `leat_${(schemas += 1)}`;

  async function connect(schema: string): Promise<MetadataStore> {
    const store = await openPostgresStore(server.url(`?schema=${schema}`));
    opened.push(store);
    return store;
  }

  for (const { name, run } of metadataConformance) {
    it(`keeps a promise of every metadata store: ${name}`, async () => {
      const schema = newSchema();
      await run({ store: await connect(schema), connect: () => connect(schema) });
    });
  }

  it('stores what the fold says, however the log is cut and whoever writes it', async () => {
    const schema = newSchema();
    let [writer, other] = [await connect(schema), await connect(schema)];
    const cuts = fc.array(fc.record({ length: fc.integer({ min: 1, max: 30 }), handOver: fc.boolean() }), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer(), cuts, async (seed, batches) => {
        const events = randomEvents(
          seed,
          batches.reduce((sum, { length }) => sum + length, 0),
        );
        let { lease } = await writer.createRun(sampleRun, 'engine', 60_000);
        let at = 0;
        for (const { length, handOver } of batches) {
          if (handOver) [writer, other] = [other, writer];
          if (handOver) lease = await writer.acquireLease('F', lease.run, 'engine', 60_000, true);
          await writer.append(lease, events.slice(at, (at += length)));
        }
        const expected = project(events);
        expect(await other.tasks('F', lease.run, {})).toEqual(expected.tasks);
        expect(await other.failures('F', lease.run, 100)).toEqual(expected.failures);
        const steps = (await other.steps('F', lease.run)).map((counts) => [counts.step, counts] as const);
        expect(new Map(steps)).toEqual(expected.steps);
        for (const { task } of expected.tasks) {
          expect(await other.attempts('F', lease.run, task)).toEqual(expected.attempts.get(task) ?? []);
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('appends what is too long for one statement, all or nothing', async () => {
    const schema = newSchema();
    const store = await connect(schema);
    const { lease } = await store.createRun(sampleRun, 'engine', 60_000);
    const begin = {
      type: 'chunk-submitted',
      at: 1,
      attempt: 0,
      layer: 'local',
      pack: 'packs/a',
      token: 'a',
    } as const;
    const group = { step: 'train', path: [], iteration: 0 };
    const chunk = { ...begin, group, places: [0, 3_000] };
    const all = [
      chunk,
      { ...chunk, token: 'b', places: [3_000, 6_000] },
      { type: 'chunk-started', at: 2, token: 'b' },
    ] as const;
    const broken = { type: 'retry-due', at: 3, task: 'no address', attempt: 0 } as const;
    await expect(store.append(lease, [...all, broken])).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await store.steps('F', lease.run)).toEqual([]);
    expect(await store.append(lease, [...all, { type: 'run-ended', at: 3, status: 'failed' }])).toBe(4);
    expect(await store.steps('F', lease.run)).toMatchObject([
      { total: 6_000, byStatus: { cancelled: 6_000 } },
    ]);
    const [last] = await (await connect(schema)).tasks('F', lease.run, { after: 'train[5998]' });
    expect(last).toMatchObject({ task: 'train[5999]', status: 'cancelled', endedAt: 3 });
    await store.releaseLease(lease);
    await store.deleteRun('F', lease.run);
  }, 30_000);

  it('orders appends by their calls, also when nobody waits in between', async () => {
    const store = await connect(newSchema());
    const { lease } = await store.createRun(sampleRun, 'engine', 60_000);
    const events = randomEvents(7, 200);
    const appended = await Promise.all(events.map((event) => store.append(lease, [event])));
    expect(appended).toEqual(events.map((_, index) => index + 1));
    expect(await store.tasks('F', lease.run, {})).toEqual(project(events).tasks);
  });
});
