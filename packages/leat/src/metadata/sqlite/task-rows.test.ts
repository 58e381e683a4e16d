import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { TaskQuery } from '../metadata-store.ts';
import { migrations } from './schema.ts';
import { rangePageQuery } from './range-tasks.ts';
import { taskPageQuery } from './task-rows.ts';

const cases: readonly (readonly [string, TaskQuery, string])[] = [
  ['all', {}, 'PRIMARY KEY (run=?)'],
  ['all, a late page', { after: 'train[9]' }, 'PRIMARY KEY (run=? AND (step,path,iteration)>(?,?,?))'],
  ['a step', { step: 'train' }, 'PRIMARY KEY (run=? AND step=?)'],
  [
    'a step, a late page',
    { step: 'train', after: 'train[9]' },
    'PRIMARY KEY (run=? AND step=? AND (path,iteration)>(?,?))',
  ],
  ['a status', { status: 'failed' }, 'tasks_by_status (run=? AND status=?)'],
  [
    'a status, a late page',
    { status: 'failed', after: 'train[9]' },
    'tasks_by_status (run=? AND status=? AND (step,path,iteration)>(?,?,?))',
  ],
  [
    'both, a late page',
    { step: 'train', status: 'running', after: 'train[9]' },
    'tasks_by_status (run=? AND status=? AND step=? AND (path,iteration)>(?,?))',
  ],
];

const rangeCases: readonly (readonly [string, string | undefined, string])[] = [
  ['all', undefined, '(run=? AND (step,path,iteration)>(?,?,?))'],
  ['a step', 'train', '(run=? AND step=? AND (path,iteration)>(?,?))'],
];

it.each(rangeCases)(
  'seeks, and sorts nothing, for a late page of the ranges of %s',
  (_name, step, expected) => {
    const database = new DatabaseSync(':memory:');
    for (const migration of migrations) database.exec(migration);
    for (const table of ['open_ranges', 'done_ranges'] as const) {
      const { sql, values } = rangePageQuery(table, 1, step, { step: 'train', path: 'c900', iteration: 0 });
      const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values, 16);
      expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining(expected)]);
    }
    database.close();
  },
);

it.each(cases)('seeks, and sorts nothing, for a page of %s', (_name, query, expected) => {
  const database = new DatabaseSync(':memory:');
  for (const migration of migrations) database.exec(migration);
  const { sql, values } = taskPageQuery(1, query);
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
  expect(plan.map(({ detail }) => detail)).toEqual([expect.stringContaining(expected)]);
  database.close();
});
