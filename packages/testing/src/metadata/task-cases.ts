/** Tasks and attempts: their order, their pages, and what is shown of failures. */
import assert from 'node:assert/strict';
import type { TaskRecord } from 'leat/metadata';
import { addresses, readInPages } from './expectations.ts';
import type { MetadataCase } from './metadata-case.ts';
import { create, failed, submitted, succeeded } from './sample-run.ts';

export const taskCases: readonly MetadataCase[] = [
  {
    name: 'pages through tasks in the order of step, path as numbers, iteration',
    run: async ({ store }) => {
      const { run, lease } = await create(store);
      const order = [
        'end',
        'score[0,2]',
        'score[0,10]',
        'score[2,1]',
        'score[2,1]~1',
        'score[2,1]~11',
        'score[10,0]',
        'start',
        'train[0]',
        'train[2]',
        'train[10]',
        'train[100]',
      ];
      await store.append(
        lease,
        order.toReversed().map((task) => submitted(task)),
      );
      assert.deepEqual(addresses(await store.tasks('TrainFlow', '1', {})), order);
      assert.deepEqual(addresses(await readInPages(store, run, 5)), order);
      const some = await store.tasks('TrainFlow', '1', { step: 'train', after: 'train[2]', limit: 1 });
      assert.deepEqual(addresses(some), ['train[10]']);
      const before = await store.tasks('TrainFlow', '1', { step: 'score', after: 'end' });
      assert.equal(before.length, 6);
      assert.deepEqual(await store.tasks('TrainFlow', '1', { step: 'score', after: 'start' }), []);
    },
  },
  {
    name: 'lists tasks by status',
    run: async ({ store }) => {
      const { lease } = await create(store);
      const tasks = ['train[0]', 'train[1]', 'train[2]', 'train[3]'];
      await store.append(
        lease,
        tasks.map((task) => submitted(task)),
      );
      await store.append(lease, [
        succeeded('train[0]'),
        failed('train[1]'),
        { type: 'attempt-state', at: 3, task: 'train[2]', attempt: 0, state: 'running' },
        { ...failed('train[3]'), retryAt: 99 },
      ]);
      const by = async (status: TaskRecord['status']): Promise<string[]> =>
        addresses(await store.tasks('TrainFlow', '1', { status }));
      assert.deepEqual(await by('succeeded'), ['train[0]']);
      assert.deepEqual(await by('failed'), ['train[1]']);
      assert.deepEqual(await by('running'), ['train[2]']);
      assert.deepEqual(await by('waiting-retry'), ['train[3]']);
      assert.deepEqual(await by('queued'), []);
      assert.deepEqual(addresses(await store.tasks('TrainFlow', '1', { status: 'failed', step: 'train' })), [
        'train[1]',
      ]);
    },
  },
  {
    name: 'shows the first failure first',
    run: async ({ store }) => {
      const { lease } = await create(store);
      await store.append(
        lease,
        ['train[0]', 'train[1]', 'train[2]', 'train[3]'].map((task) => submitted(task)),
      );
      await store.append(lease, [failed('train[2]', 5), failed('train[3]', 5)]);
      await store.append(lease, [failed('train[0]', 7), failed('train[1]', 5)]);
      const failures = addresses(await store.failures('TrainFlow', '1', 10));
      assert.deepEqual(failures, ['train[2]', 'train[3]', 'train[1]', 'train[0]']);
      assert.deepEqual(addresses(await store.failures('TrainFlow', '1', 1)), ['train[2]']);
    },
  },
  {
    name: 'keeps every attempt, and the last failure also when a later attempt succeeded',
    run: async ({ store }) => {
      const { lease } = await create(store);
      await store.append(lease, [submitted('train[3]'), { ...failed('train[3]'), retryAt: 20 }]);
      await store.append(lease, [{ type: 'retry-due', at: 20, task: 'train[3]', attempt: 1 }]);
      await store.append(lease, [
        submitted('train[3]', 1, 21),
        { type: 'attempt-accepted', at: 22, task: 'train[3]', attempt: 1, job: 'job-7' },
        succeeded('train[3]', 1, 30),
      ]);
      const task = await store.task('TrainFlow', '1', 'train[3]');
      assert.equal(task?.status, 'succeeded');
      assert.deepEqual([task?.attempts, task?.decidedBy, task?.failure?.message], [2, 1, 'train[3] broke']);
      const attempts = await store.attempts('TrainFlow', '1', 'train[3]');
      assert.deepEqual(
        attempts.map(({ attempt, state, job }) => [attempt, state, job]),
        [
          [0, 'failed', undefined],
          [1, 'succeeded', 'job-7'],
        ],
      );
      await store.append(lease, [failed('train[3]', 40)]);
      assert.equal(
        (await store.task('TrainFlow', '1', 'train[3]'))?.decidedBy,
        1,
        'a late report changes nothing',
      );
    },
  },
];
