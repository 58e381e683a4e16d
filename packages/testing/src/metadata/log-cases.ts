/** The log: appended whole and in order, and the tables are its fold. */
import assert from 'node:assert/strict';
import type { RunEvent } from 'leat/metadata';
import { collect, equalsFold } from './expectations.ts';
import type { MetadataCase } from './metadata-case.ts';
import { randomEvents } from './random-events.ts';
import { create, submitted } from './sample-run.ts';

export const logCases: readonly MetadataCase[] = [
  {
    name: 'appends in order, all or nothing, and reads back what was written',
    run: async ({ store }) => {
      const { lease } = await create(store);
      const events: RunEvent[] = [
        { type: 'engine-started', at: 1, epoch: 1, host: 'höst', pid: 7 },
        ...Array.from({ length: 2_500 }, (_, index) => submitted(`train[${index}]`)),
      ];
      assert.equal(await store.append(lease, events.slice(0, 1_200)), 1_200);
      assert.equal(await store.append(lease, events.slice(1_200)), 2_501);
      assert.equal(await store.append(lease, []), 2_501);
      const broken = { ...submitted('end'), task: 'no address' };
      await assert.rejects(store.append(lease, [submitted('end'), broken]));
      assert.equal(await store.task('TrainFlow', '1', 'end'), undefined);
      assert.equal((await store.run('TrainFlow', '1'))?.lastSeq, 2_501);
      const read = await collect(store.events('TrainFlow', '1'));
      assert.deepEqual(
        read.map(({ seq }) => seq),
        events.map((_, index) => index + 1),
      );
      assert.deepEqual(
        read.map(({ event }) => event),
        events,
      );
      const rest = await collect(store.events('TrainFlow', '1', 2_500));
      assert.deepEqual(
        rest.map(({ seq }) => seq),
        [2_501],
      );
    },
  },
  {
    name: 'keeps tables that equal the fold of the log, in whatever batches the events came',
    run: async ({ store }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const { run, lease } = await create(store);
        const events = randomEvents(seed, 300);
        for (let at = 0; at < events.length; at += 1 + ((at * seed) % 23)) {
          await store.append(lease, events.slice(at, at + 1 + ((at * seed) % 23)));
        }
        await equalsFold(store, run, events);
      }
    },
  },
  {
    name: 'says how a run stands after its end, and again after an engine took it up',
    run: async ({ store }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start'), { type: 'run-ended', at: 7, status: 'cancelled' }]);
      const ended = await store.run('TrainFlow', '1');
      assert.deepEqual([ended?.status, ended?.endedAt], ['cancelled', 7]);
      assert.equal(
        (await store.task('TrainFlow', '1', 'start'))?.status,
        'cancelled',
        'nobody will finish it',
      );
      await store.append(lease, [{ type: 'engine-started', at: 8, epoch: 2, host: 'h', pid: 1 }]);
      const again = await store.run('TrainFlow', '1');
      assert.deepEqual([again?.status, again?.endedAt], ['running', undefined]);
    },
  },
];
