/** Runs: their ids, how they are listed, their tags, and how they are forgotten. */
import assert from 'node:assert/strict';
import type { MetadataStore } from 'leat/metadata';
import { collect, rejectsWith } from './expectations.ts';
import type { MetadataCase } from './metadata-case.ts';
import { create, minute, newRun, submitted, succeeded } from './sample-run.ts';

export const runCases: readonly MetadataCase[] = [
  {
    name: 'counts the runs of each flow from 1 and gives back what was stored',
    run: async ({ store }) => {
      const given = newRun({
        tags: ['b', 'a'],
        originRun: '7',
        resumeFrom: 'train',
        command: 'leat run x.ts',
      });
      const first = await store.createRun(given, 'engine-1', minute);
      assert.equal(first.run.id, '1');
      assert.equal((await create(store)).run.id, '2');
      assert.equal((await create(store, { flow: 'Other' })).run.id, '1');
      const read = await store.run('TrainFlow', '1');
      assert.deepEqual(read, first.run);
      const { lease, ...rest } = read ?? assert.fail('the run is not there');
      assert.deepEqual(rest, { ...given, tags: ['a', 'b'], id: '1', status: 'running', lastSeq: 0 });
      assert.equal(lease?.owner, 'engine-1');
    },
  },
  {
    name: 'knows no run that does not exist',
    run: async ({ store }) => {
      await create(store);
      for (const id of ['2', '0', '01', 'latest', '-1', '1.0']) {
        assert.equal(await store.run('TrainFlow', id), undefined, id);
      }
      assert.equal(await store.run('Nobody', '1'), undefined);
      assert.deepEqual(await store.tasks('Nobody', '1', {}), []);
      assert.deepEqual(await collect(store.events('Nobody', '1')), []);
    },
  },
  {
    name: 'lists runs newest first, by flow, namespace, status, datastore and tags, in pages',
    run: async ({ store }) => {
      const { lease } = await create(store, { tags: ['x', 'y'] });
      await create(store, { tags: ['x'], namespace: 'user:bob', user: 'bob' });
      await create(store, { flow: 'Other', tags: ['y'] });
      await create(store, { datastore: 'file:///other' });
      await store.append(lease, [{ type: 'run-ended', at: 5, status: 'failed' }]);
      const ids = async (query: Parameters<MetadataStore['runs']>[0]): Promise<string[]> =>
        (await store.runs(query)).map(({ flow, id }) => `${flow}/${id}`);
      assert.deepEqual(await ids({}), ['TrainFlow/3', 'Other/1', 'TrainFlow/2', 'TrainFlow/1']);
      assert.deepEqual(await ids({ flow: 'TrainFlow' }), ['TrainFlow/3', 'TrainFlow/2', 'TrainFlow/1']);
      assert.deepEqual(await ids({ namespace: 'user:bob' }), ['TrainFlow/2']);
      assert.deepEqual(await ids({ status: 'failed' }), ['TrainFlow/1']);
      assert.deepEqual(await ids({ datastore: 'file:///other' }), ['TrainFlow/3']);
      assert.deepEqual(await ids({ tags: ['x', 'y'] }), ['TrainFlow/1']);
      assert.deepEqual(await ids({ tags: ['user:bob'] }), ['TrainFlow/2']);
      assert.deepEqual(await ids({ limit: 2 }), ['TrainFlow/3', 'Other/1']);
      const before = { flow: 'Other', id: '1' };
      assert.deepEqual(await ids({ limit: 2, before }), ['TrainFlow/2', 'TrainFlow/1']);
      assert.deepEqual(await ids({ flow: 'TrainFlow', before }), ['TrainFlow/2', 'TrainFlow/1']);
    },
  },
  {
    name: 'lists flows with the number of their runs and the newest one, also of one namespace',
    run: async ({ store }) => {
      await create(store);
      await create(store, { namespace: 'user:bob' });
      await create(store, { flow: 'Other' });
      const flows = async (namespace?: string): Promise<unknown[]> =>
        (await store.flows(namespace)).map(({ flow, runs, latest }) => [flow, runs, latest.id]);
      assert.deepEqual(await flows(), [
        ['Other', 1, '1'],
        ['TrainFlow', 2, '2'],
      ]);
      assert.deepEqual(await flows('user:ada'), [
        ['Other', 1, '1'],
        ['TrainFlow', 1, '1'],
      ]);
    },
  },
  {
    name: 'keeps tags of any script, at most 50 of 500 characters, and none that Leat derives',
    run: async ({ store }) => {
      await create(store, { tags: ['prod'] });
      const strange = ['näin se käy', '世界', '🦉 owl', "it's; DROP TABLE runs --", 'a,b'];
      assert.deepEqual(await store.tag('TrainFlow', '1', { add: strange }), [...strange, 'prod'].toSorted());
      assert.deepEqual((await store.runs({ tags: ['🦉 owl'] })).length, 1);
      assert.deepEqual(await store.tag('TrainFlow', '1', { remove: strange, add: ['prod'] }), ['prod']);
      const many = Array.from({ length: 50 }, (_, index) => `t${index}`);
      await rejectsWith('OPTION_INVALID', store.tag('TrainFlow', '1', { add: many }));
      assert.deepEqual(
        (await store.run('TrainFlow', '1'))?.tags,
        ['prod'],
        'a refused change changes nothing',
      );
      await store.tag('TrainFlow', '1', { add: many.slice(1) });
      await rejectsWith('OPTION_INVALID', store.tag('TrainFlow', '1', { add: ['one more'] }));
      for (const tag of ['', ' ', 'x'.repeat(501), 'two\nlines', 'user:ada']) {
        await rejectsWith('OPTION_INVALID', store.tag('TrainFlow', '1', { add: [tag] }));
        await rejectsWith('OPTION_INVALID', create(store, { tags: [tag] }));
      }
      await store.tag('TrainFlow', '1', { remove: many, add: ['🦉'.repeat(500)] });
      await rejectsWith('NOT_FOUND', store.tag('TrainFlow', '99', { add: ['x'] }));
    },
  },
  {
    name: 'forgets a run whole, never uses its id again, and refuses while somebody drives it',
    run: async ({ store }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('start'), succeeded('start')]);
      await rejectsWith('LEASE_LOST', store.deleteRun('TrainFlow', '1'));
      await store.releaseLease(lease);
      await store.deleteRun('TrainFlow', '1');
      assert.equal(await store.run('TrainFlow', '1'), undefined);
      assert.deepEqual(await store.tasks('TrainFlow', '1', {}), []);
      assert.deepEqual(await collect(store.events('TrainFlow', '1')), []);
      assert.deepEqual(await store.flows(), []);
      await rejectsWith('NOT_FOUND', store.append(lease, [submitted('end')]));
      const next = await create(store);
      assert.equal(next.run.id, '2');
      assert.deepEqual(await store.steps('TrainFlow', '2'), []);
    },
  },
];
