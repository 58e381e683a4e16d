import { expect, test } from 'vitest';
import { endingsOf } from './endings.ts';
import { JobBook } from './job-book.ts';

const array = '00000000-0000-4000-8000-000000000001';
const stranger = '00000000-0000-4000-8000-000000000009:4';

function world() {
  const book = new JobBook(array, 3, ['a', 'b', 'c']);
  const childOf = (job: string) => (job.startsWith(array) ? { book, index: Number(job.split(':')[1]) } : {});
  return { book, end: (...jobs: readonly string[]) => endingsOf(jobs, childOf) };
}

test('some children are ended one by one, all that are left as their array', () => {
  const { book, end } = world();
  expect(end(`${array}:1`, `${array}:1`)).toEqual([`${array}:1`]);
  book.advance(1, { state: 'succeeded', startedAt: 1, endedAt: 2 });
  expect(end(`${array}:0`, `${array}:2`)).toEqual([array]);
});

test('what has ended is left out, what nobody here knows is passed on, and what is no id of Batch is not', () => {
  const { book, end } = world();
  book.advance(0, { state: 'succeeded', startedAt: 1, endedAt: 2 });
  expect(end(`${array}:0`)).toEqual([]);
  expect(end(stranger, 'nobody')).toEqual([stranger]);
});
