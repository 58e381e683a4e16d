/** Tasks that the log tells of in bulk: chunks, and items that were taken over together. */
import assert from 'node:assert/strict';
import { project, type RunEvent } from 'leat/metadata';
import { addresses, equalsFold, readInPages } from './expectations.ts';
import type { MetadataCase } from './metadata-case.ts';
import { chunkSubmitted, chunkSucceeded, create, failed, minute, trainGroup } from './sample-run.ts';

export const chunkCases: readonly MetadataCase[] = [
  {
    name: 'shows every task of a chunk as one of its own, wherever a page begins',
    run: async ({ store, connect }) => {
      const { run, lease } = await create(store);
      const events = [
        chunkSubmitted('a', 0, 3_000),
        { type: 'chunk-accepted', at: 2, token: 'a', job: 'job-1' },
        { type: 'chunk-started', at: 3, token: 'a' },
        chunkSucceeded('a', 0, 2_500),
        failed('train[2500]'),
      ] satisfies RunEvent[];
      await store.append(lease, events.slice(0, 2));
      await store.append(lease, events.slice(2));
      const other = await connect();
      const expected = project(events);
      assert.deepEqual(await readInPages(other, run, 700), expected.tasks);
      assert.deepEqual(await other.steps('TrainFlow', run.id), [...expected.steps.values()]);
      const running = await other.tasks('TrainFlow', run.id, { status: 'running', after: 'train[2990]' });
      assert.deepEqual(
        addresses(running),
        [...Array(9).keys()].map((index) => `train[${2_991 + index}]`),
      );
      for (const task of ['train[0]', 'train[1024]', 'train[2499]', 'train[2500]', 'train[2999]']) {
        const [attempt] = await other.attempts('TrainFlow', run.id, task);
        assert.deepEqual([attempt], expected.attempts.get(task));
        assert.equal(attempt?.job, 'job-1');
      }
      const last = await other.task('TrainFlow', run.id, 'train[2499]');
      assert.equal(last?.manifest, 'runs/TrainFlow/1/train/a.pack#999640+300');
      assert.equal(await other.task('TrainFlow', run.id, 'train[3000]'), undefined);
    },
  },
  {
    name: 'shows every item that was taken over together as one of its own, and goes on with any of them alone',
    run: async ({ store, connect }) => {
      const { run, lease } = await create(store);
      const outcome = { kind: 'linear' } as const;
      const columns = Array.from({ length: 2_000 }, (_, index) => index);
      const reused = { type: 'tasks-reused', group: trainGroup, outcome, originRun: '7' } as const;
      const named = { kind: 'named', before: 'runs/TrainFlow/7/train/', after: '@1.json' } as const;
      const packed = {
        kind: 'packed',
        pack: 'runs/TrainFlow/7/train/a.pack',
        offsets: columns.map((index) => index * 400 + 40),
        lengths: columns.map((index) => 300 + (index % 7)),
      } as const;
      const events: readonly RunEvent[] = [
        { ...reused, at: 5, from: 0, to: 1_500, results: named },
        { ...reused, at: 6, from: 1_501, to: 3_501, results: packed },
        // Told again, and of some that are known and some that are not.
        { ...reused, at: 7, from: 1_490, to: 1_501, results: named },
        { ...reused, at: 8, from: 3_501, to: 3_501, results: named },
        chunkSubmitted('a', 3_400, 3_600),
        failed('train[20]'),
      ];
      await store.append(lease, events.slice(0, 2));
      await store.append(lease, events.slice(2));
      const other = await connect();
      const expected = project(events);
      assert.deepEqual(await readInPages(other, run, 700), expected.tasks);
      assert.deepEqual(await other.steps('TrainFlow', run.id), [...expected.steps.values()]);
      const last = await other.task('TrainFlow', run.id, 'train[3300]');
      assert.equal(last?.manifest, 'runs/TrainFlow/7/train/a.pack#719640+300');
      assert.deepEqual(await other.attempts('TrainFlow', run.id, 'train[3300]'), []);
    },
  },
  {
    name: 'lets members whose turn never came be submitted again under the same number',
    run: async ({ store, connect }) => {
      const { run, lease } = await create(store);
      const before: RunEvent[] = [
        chunkSubmitted('a', 0, 4),
        { type: 'chunk-started', at: 3, token: 'a' },
        chunkSucceeded('a', 0, 1),
        { ...failed('train[1]'), retryAt: 9 },
        { type: 'chunk-ended', at: 5, token: 'a', returned: [2, 3] },
      ];
      await store.append(lease, before);
      const state = async (): Promise<unknown[]> =>
        (await store.tasks('TrainFlow', run.id, {})).map(({ status, attempts }) => [status, attempts]);
      assert.deepEqual(await state(), [
        ['succeeded', 1],
        ['waiting-retry', 1],
        ['waiting-retry', 1],
        ['waiting-retry', 1],
      ]);
      const other = await connect();
      const again = await other.acquireLease('TrainFlow', run.id, 'engine-2', minute, true);
      const after: RunEvent[] = [
        chunkSubmitted('b', 2, 6),
        chunkSubmitted('c', 1, 2, 1),
        { type: 'chunk-accepted', at: 7, token: 'a', job: 'too late' },
        chunkSucceeded('b', 2, 4),
      ];
      await other.append(again, after);
      await equalsFold(other, run, [...before, ...after]);
      const [attempt] = await other.attempts('TrainFlow', run.id, 'train[3]');
      assert.deepEqual([attempt?.token, attempt?.state, attempt?.job], ['b', 'succeeded', undefined]);
      const ended: RunEvent = { type: 'run-ended', at: 300, status: 'cancelled' };
      await other.append(again, [ended]);
      await equalsFold(other, run, [...before, ...after, ended]);
      assert.deepEqual((await state()).at(-1), ['cancelled', 1]);
    },
  },
];
