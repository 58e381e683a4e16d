import { PostgresServer } from '@leat/testing';
import type { MetadataStore } from 'leat/metadata';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPostgresStore } from './postgres-store.ts';
import { TestProxy } from './proxy.fixture.ts';
import { loggedTasks, sampleRun, submitted, tasksUpTo } from './sample-run.fixture.ts';

const minute = 60_000;
let server: PostgresServer;
let proxy: TestProxy;
let store: MetadataStore;
let direct: MetadataStore;

describe('a connection that breaks', () => {
  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 60_000);
  afterAll(() => server.stop());

  let schemas = 0;
  beforeEach(async () => {
    const query = `?schema=leat_${(schemas += 1)}`;
    proxy = await TestProxy.to(server.port);
    const url = new URL(server.url(query));
    url.port = String(proxy.port);
    store = await openPostgresStore(url.href);
    direct = await openPostgresStore(server.url(query));
  });
  afterEach(async () => {
    await store.close();
    await direct.close();
    await proxy.close();
  });

  describe('a call whose answer got lost is done once', () => {
    it('an append', async () => {
      const { lease } = await store.createRun(sampleRun, 'engine', minute);
      await store.append(lease, [submitted(0)]);
      proxy.loseAnswersTo('last_seq = $4', 2);
      expect(await store.append(lease, [submitted(1), submitted(2)])).toBe(3);
      expect(proxy.lost).toBe(true);
      expect(await store.append(lease, [submitted(3)])).toBe(4);
      expect(await loggedTasks(direct)).toEqual(tasksUpTo(4));
      expect(await direct.steps('F', lease.run)).toMatchObject([{ total: 4, byStatus: { submitted: 4 } }]);
    });

    it('an append of a process that was paused for an hour meanwhile: that is no hour without a server', async () => {
      const { lease } = await store.createRun(sampleRun, 'engine', minute);
      const now = performance.now.bind(performance);
      const hour = 60 * minute;
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + (proxy.lost ? hour : 0));
      try {
        proxy.loseAnswersTo('last_seq = $4');
        expect(await store.append(lease, [submitted(0)])).toBe(1);
        expect(proxy.lost).toBe(true);
      } finally {
        clock.mockRestore();
      }
    });

    it('the end of a run, which is a longer transaction', async () => {
      const { lease } = await store.createRun(sampleRun, 'engine', minute);
      await store.append(lease, [submitted(0)]);
      proxy.loseAnswersTo('COMMIT');
      expect(await store.append(lease, [submitted(1), { type: 'run-ended', at: 5, status: 'failed' }])).toBe(
        3,
      );
      expect(proxy.lost).toBe(true);
      expect(await loggedTasks(direct)).toEqual(tasksUpTo(2));
      expect(await direct.steps('F', lease.run)).toMatchObject([{ total: 2, byStatus: { cancelled: 2 } }]);
    });

    it('the start of a run', async () => {
      proxy.loseAnswersTo('numbered AS');
      const { run, lease } = await store.createRun(sampleRun, 'engine', minute);
      expect(proxy.lost).toBe(true);
      expect(run).toMatchObject({ id: '1', tags: ['best'], lease: { epoch: 1 } });
      expect(await direct.runs({})).toHaveLength(1);
      expect(await store.append(lease, [submitted(0)])).toBe(1);
    });

    it('taking a lease', async () => {
      const { lease } = await store.createRun(sampleRun, 'engine', minute);
      await store.releaseLease(lease);
      proxy.loseAnswersTo('epoch = epoch + 1');
      const taken = await store.acquireLease('F', '1', 'engine-2', minute);
      expect(proxy.lost).toBe(true);
      expect(taken.epoch).toBe(2);
      expect((await direct.run('F', '1'))?.lease?.owner).toBe('engine-2');
    });

    it('forgetting a run', async () => {
      const { lease } = await store.createRun(sampleRun, 'engine', minute);
      await store.append(lease, [submitted(0)]);
      await store.releaseLease(lease);
      proxy.loseAnswersTo('COMMIT');
      await store.deleteRun('F', '1');
      expect(proxy.lost).toBe(true);
      expect(await direct.runs({})).toEqual([]);
    });

    it('an append that its caller made again after it had failed', async () => {
      const { lease } = await store.createRun(sampleRun, 'engine', minute);
      await store.append(lease, [submitted(0)]);
      const events = [submitted(1)];
      proxy.loseAnswerAndGoDark('last_seq = $4');
      await expect(store.append(lease, events)).rejects.toMatchObject({ code: 'METADATA_UNAVAILABLE' });
      proxy.light();
      expect(await store.append(lease, events)).toBe(2);
      expect(await store.append(lease, [submitted(2)])).toBe(3);
      expect(await loggedTasks(direct)).toEqual(tasksUpTo(3));
    }, 30_000);
  });

  it('goes on when every connection is cut again and again', async () => {
    const { lease } = await store.createRun(sampleRun, 'engine', minute);
    const cutting = setInterval(() => proxy.cut(), 40);
    const rounds = 60;
    try {
      for (let round = 0; round < rounds; round += 1) {
        await store.append(lease, [submitted(round)]);
        await store.renewLease(lease, minute);
      }
    } finally {
      clearInterval(cutting);
    }
    expect(await loggedTasks(direct)).toEqual(tasksUpTo(rounds));
  }, 60_000);

  it('goes on when the server crashes and comes back: nothing is lost, nothing is doubled', async () => {
    const { lease } = await store.createRun(sampleRun, 'engine', minute);
    let appended = 0;
    const end = new AbortController();
    const writing = (async () => {
      while (!end.signal.aborted) {
        await store.append(lease, [submitted(appended), submitted(appended + 1)]);
        appended += 2;
      }
    })();
    for (let crash = 0; crash < 3; crash += 1) {
      const before = appended;
      await expect.poll(() => appended, { timeout: 10_000 }).toBeGreaterThan(before + 20);
      await server.crash();
      await server.startAgain();
    }
    const before = appended;
    await expect.poll(() => appended, { timeout: 10_000 }).toBeGreaterThan(before + 20);
    end.abort();
    await writing;
    expect(await loggedTasks(direct)).toEqual(tasksUpTo(appended));
    expect(await direct.steps('F', '1')).toMatchObject([{ total: appended }]);
  }, 60_000);
});
