/** Leases: one engine drives a run, and whoever lost it writes nothing. */
import assert from 'node:assert/strict';
import { rejectsWith } from './expectations.ts';
import type { MetadataCase } from './metadata-case.ts';
import { create, failed, minute, newRun, submitted, succeeded } from './sample-run.ts';

export const leaseCases: readonly MetadataCase[] = [
  {
    name: 'lets one of two engines have a run, and shuts the other out',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      const other = await connect();
      await rejectsWith('LEASE_LOST', other.acquireLease('TrainFlow', '1', 'engine-2', minute));
      await store.releaseLease(lease);
      const answers = await Promise.allSettled([
        store.acquireLease('TrainFlow', '1', 'engine-1', minute),
        other.acquireLease('TrainFlow', '1', 'engine-2', minute),
      ]);
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
      await rejectsWith('NOT_FOUND', other.acquireLease('TrainFlow', '2', 'engine-2', minute));
    },
  },
  {
    name: 'fences an older epoch out of every write, whatever it wants to write',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start')]);
      const other = await connect();
      const taken = await other.acquireLease('TrainFlow', '1', 'engine-2', minute, true);
      assert.equal(taken.epoch, lease.epoch + 1);
      await rejectsWith('LEASE_LOST', store.append(lease, [succeeded('start')]));
      await rejectsWith('LEASE_LOST', store.append(lease, []));
      await rejectsWith('LEASE_LOST', store.renewLease(lease, minute));
      await store.releaseLease(lease);
      assert.equal(
        (await store.run('TrainFlow', '1'))?.lease?.owner,
        'engine-2',
        'giving back what is lost changes nothing',
      );
      assert.equal((await store.task('TrainFlow', '1', 'start'))?.status, 'submitted');
      assert.equal(await other.append(taken, [succeeded('start')]), 2);
      assert.equal((await store.task('TrainFlow', '1', 'start'))?.status, 'succeeded');
    },
  },
  {
    name: 'takes a lease from the holder that is meant, and not from one that has taken it since',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      const other = await connect();
      const from = { epoch: lease.epoch };
      const taken = await other.acquireLease('TrainFlow', '1', 'engine-2', minute, from);
      assert.equal(taken.epoch, lease.epoch + 1);
      await rejectsWith('LEASE_LOST', store.acquireLease('TrainFlow', '1', 'engine-3', minute, from));
      assert.equal(await other.append(taken, [submitted('start')]), 1);
    },
  },
  {
    name: 'lets one engine write through two connections in turn',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      const other = await connect();
      await store.append(lease, [submitted('start')]);
      await other.append(lease, [failed('start')]);
      await store.append(lease, [submitted('start', 1)]);
      assert.deepEqual(
        (await other.attempts('TrainFlow', '1', 'start')).map(({ state }) => state),
        ['failed', 'submitted'],
      );
    },
  },
  {
    name: 'takes over a lease that has run out, and lets an old holder go on as long as nobody did',
    run: async ({ store }) => {
      const { lease } = await store.createRun(newRun(), 'engine-1', 0);
      await store.append(lease, [submitted('start')]);
      await store.renewLease(lease, 0);
      const taken = await store.acquireLease('TrainFlow', '1', 'engine-2', minute);
      await rejectsWith('LEASE_LOST', store.append(lease, [submitted('end')]));
      await store.releaseLease(taken);
      await rejectsWith('LEASE_LOST', store.append(taken, [submitted('end')]));
      assert.equal((await store.run('TrainFlow', '1'))?.lease, undefined);
    },
  },
  {
    name: 'lets another engine take over after events that the first had not seen end',
    run: async ({ store, connect }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start'), submitted('train[0]')]);
      const other = await connect();
      const second = await other.acquireLease('TrainFlow', '1', 'engine-2', minute, true);
      await other.append(second, [succeeded('start')]);
      const third = await store.acquireLease('TrainFlow', '1', 'engine-1', minute, true);
      await store.append(third, [failed('start'), succeeded('train[0]')]);
      assert.equal(
        (await store.task('TrainFlow', '1', 'start'))?.status,
        'succeeded',
        'what was decided stays',
      );
      const start = (await store.steps('TrainFlow', '1')).find(({ step }) => step === 'start');
      assert.deepEqual(start?.byStatus, { succeeded: 1 });
    },
  },
];
