import { PostgresServer } from '@leat/testing';
import { isLeatError, type MetadataStore, type RunEvent } from 'leat/metadata';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openPostgresStore } from './postgres-store.ts';
import { loggedTasks, sampleRun, submitted, tasksUpTo } from './sample-run.fixture.ts';

const minute = 60_000;

describe('many at once', () => {
  let server: PostgresServer;
  let stores: readonly MetadataStore[] = [];
  let schemas = 0;

  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 60_000);
  afterAll(async () => server.stop());
  beforeEach(() => {
    schemas += 1;
  });
  afterEach(async () => {
    for (const store of stores) await store.close();
  });

  /** Each with connections of its own, as other processes have. */
  async function open(count: number): Promise<readonly MetadataStore[]> {
    const url = server.url(`?schema=leat_${schemas}`);
    stores = await Promise.all(Array.from({ length: count }, () => openPostgresStore(url)));
    return stores;
  }

  it('serves engines of many runs and readers, from the moment that there is nothing', async () => {
    const rounds = 40;
    const write = async (store: MetadataStore): Promise<void> => {
      const { lease } = await store.createRun(sampleRun, 'engine', minute);
      for (let round = 0; round < rounds; round += 1) {
        const failure = { reason: 'error', type: 'Error', message: 'x' };
        const failed = {
          type: 'attempt-failed',
          at: round,
          task: `train[${round}]`,
          attempt: 0,
          failure,
        } as const;
        await store.append(lease, [submitted(round), failed]);
        await store.tag('F', lease.run, { add: [`round-${round % 10}`] });
        await store.renewLease(lease, minute);
      }
      await store.releaseLease(lease);
    };
    const read = async (store: MetadataStore): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        for (const run of await store.runs({ flow: 'F' })) {
          const [counts] = await store.steps('F', run.id);
          const failures = await store.failures('F', run.id, 1_000);
          expect(failures.length).toBeGreaterThanOrEqual(counts?.total ?? 0);
        }
      }
    };
    const all = await open(12);
    await Promise.all(all.map((store, index) => (index % 3 === 2 ? read(store) : write(store))));
    const runs = await (all[0] as MetadataStore).runs({ flow: 'F' });
    expect(runs.map(({ id }) => id)).toEqual(['8', '7', '6', '5', '4', '3', '2', '1']);
    for (const { id, lastSeq, tags, lease } of runs) {
      expect({ lastSeq, lease, tags: tags.length }).toEqual({
        lastSeq: 2 * rounds,
        lease: undefined,
        tags: 11,
      });
      expect(await (all[1] as MetadataStore).steps('F', id)).toMatchObject([
        { total: rounds, byStatus: { failed: rounds } },
      ]);
    }
  }, 60_000);

  it('lets one of many engines have a run', async () => {
    const all = await open(8);
    const { lease } = await (all[0] as MetadataStore).createRun(sampleRun, 'engine', minute);
    await (all[0] as MetadataStore).releaseLease(lease);
    const asked = await Promise.allSettled(
      all.map((store, index) => store.acquireLease('F', '1', `engine-${index}`, minute)),
    );
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of asked)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'LEASE_LOST' });
  });

  it('keeps the log whole while engines take a run from each other', async () => {
    const all = await open(4);
    const [first] = all as [MetadataStore];
    await first.createRun(sampleRun, 'engine', minute);
    const turns = 30;
    let appended = 0;
    const drive = async (store: MetadataStore, index: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) {
        const { epoch, ...lease } = await store.acquireLease('F', '1', `engine-${index}`, minute, true);
        const event: RunEvent = { type: 'engine-started', at: turn, epoch, host: 'h', pid: index };
        try {
          for (let more = 0; more < 10; more += 1) {
            await store.append({ ...lease, epoch }, [event, event]);
            appended += 2;
          }
        } catch (error) {
          if (!isLeatError(error) || error.code !== 'LEASE_LOST') throw error;
        }
      }
    };
    await Promise.all(all.map(drive));
    const epochs: number[] = [];
    for await (const { event } of first.events('F', '1'))
      if (event.type === 'engine-started') epochs.push(event.epoch);
    expect(epochs).toHaveLength(appended);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect((await first.run('F', '1'))?.lease?.epoch).toBe(1 + 4 * turns);
  }, 60_000);

  it('lets two connections of one engine write to the same run without losing a turn', async () => {
    const [one, other] = (await open(2)) as [MetadataStore, MetadataStore];
    const { lease } = await one.createRun(sampleRun, 'engine', minute);
    const append = async (store: MetadataStore, from: number): Promise<void> => {
      for (let index = from; index < 60; index += 2) await store.append(lease, [submitted(index)]);
    };
    await Promise.all([append(one, 0), append(other, 1)]);
    expect((await loggedTasks(one)).toSorted()).toEqual(tasksUpTo(60).toSorted());
    expect(await other.steps('F', '1')).toMatchObject([{ total: 60 }]);
  });
});
