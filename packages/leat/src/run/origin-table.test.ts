import { describe, expect, it } from 'vitest';
import type { MetadataStore, RunRecord, TaskRecord } from '../metadata/metadata-store.ts';
import { readOrigin, withoutOwnTasks } from './origin-table.ts';

const run = (id: string): RunRecord => ({ flow: 'TrainFlow', id }) as RunRecord;

const task = (name: string, facts: Partial<TaskRecord>): TaskRecord => ({
  task: name,
  step: name,
  path: [],
  iteration: 0,
  status: 'succeeded',
  attempts: 1,
  createdAt: 0,
  caught: false,
  manifest: `m/${name}`,
  outcome: { kind: 'linear' },
  ...facts,
});

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
