import { describe, expect, it } from 'vitest';
import { parseTask } from '../datastore/keys.ts';
import type { MetadataStore, RunRecord, TaskRecord } from '../metadata/metadata-store.ts';
import { readOrigin, withoutOwnTasks } from './origin-table.ts';

const run = (id: string): RunRecord => ({ flow: 'TrainFlow', id }) as RunRecord;

const task = (name: string, facts: Partial<TaskRecord>): TaskRecord => ({
  task: name,
  step: parseTask(name)?.step ?? '',
  path: parseTask(name)?.path ?? [],
  iteration: 0,
  status: 'succeeded',
  attempts: 1,
  createdAt: 0,
  caught: false,
  manifest: `m/${name}`,
  outcome: { kind: 'linear' },
  ...facts,
});

const byName = (a: TaskRecord, b: TaskRecord): number => (a.task < b.task ? -1 : 1);

/** Only what a table reads: tasks by run. */
const metadataOf = (tasks: Readonly<Record<string, readonly TaskRecord[]>>): MetadataStore =>
  ({
    tasks: async (_flow: string, id: string, { status, after = '' }: { status?: string; after?: string }) =>
      (tasks[id] ?? [])
        .filter((one) => (status === undefined || one.status === status) && one.task > after)
        .slice(0, 5000),
  }) as unknown as MetadataStore;

describe('the table of an origin run', () => {
  it('has what succeeded there, by the run that made it', async () => {
    const metadata = metadataOf({
      '1': [task('a', {}), task('b', { originRun: '0' }), task('c', { status: 'failed' })],
    });
    const table = await readOrigin(metadata, run('1'), ['b']);
    expect([table.run, table.fresh, table.size]).toEqual(['1', ['b'], 2]);
    expect(table.result('a')).toEqual({ manifest: 'm/a', outcome: { kind: 'linear' }, run: '1' });
    expect(table.result('b')?.run).toBe('0');
    expect(table.result('c')).toBeUndefined();
  });

  it('gives back every kind of result as it was: in a pack, under its own name, under another', async () => {
    const foreach = { kind: 'foreach', items: { count: 3, index: 'items' } } as const;
    const names = ['start', 'train[0]', 'train[2]', 'train[70000]', 'score[3,12]', 'score[12,3]'];
    const facts: readonly Partial<TaskRecord>[] = [
      { manifest: 'runs/TrainFlow/1/start/task@0.json', outcome: foreach },
      { manifest: 'runs/TrainFlow/1/train/a.pack#17+300' },
      { manifest: 'runs/TrainFlow/0/train/b.pack#8589934592+31', originRun: '0' },
      { manifest: 'runs/TrainFlow/1/train/70000@3.json' },
      { manifest: 'somewhere/else.json' },
      { manifest: 'runs/TrainFlow/0/score/12,3@1.json', originRun: '0' },
    ];
    const tasks = names.map((name, index) => task(name, facts[index] ?? {})).toSorted(byName);
    const table = await readOrigin(metadataOf({ '1': tasks }), run('1'), []);
    for (const { task: name, manifest, outcome, originRun = '1' } of tasks)
      expect(table.result(name)).toEqual({ manifest, outcome, run: originRun });
    for (const name of [
      'train[1]',
      'train[99999999]',
      'train',
      'score[3]',
      'train[0]~1',
      'no address at all',
    ])
      expect(table.result(name)).toBeUndefined();
  });

  it('is read to its end, however long', async () => {
    const names = Array.from({ length: 12_345 }, (_, index) => `t${String(index).padStart(6, '0')}`);
    const table = await readOrigin(metadataOf({ '1': names.map((name) => task(name, {})) }), run('1'), []);
    expect(table.size).toBe(12_345);
  });

  it('lacks, for a run that is recovered, what that run has started itself', async () => {
    // Run 1 was abandoned with 'a' done, resumed as run 2, and recovered later: now it has 'b', too.
    const metadata = metadataOf({
      '1': [task('a', {}), task('b', {}), task('c', {})],
      '2': [task('a', { attempts: 0, originRun: '1' }), task('b', { attempts: 1, status: 'running' })],
    });
    const table = await withoutOwnTasks(await readOrigin(metadata, run('1'), []), metadata, run('2'));
    expect(['a', 'b', 'c'].filter((name) => table.result(name) !== undefined)).toEqual(['a', 'c']);
  });
});
