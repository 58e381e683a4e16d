import { expect, it } from 'vitest';
import { formatWork, parseWork, workOf } from './likely-work.ts';

it('names the work of a task by what it takes, what follows, and its step', () => {
  const next = { kind: 'linear', to: 'join' } as const;
  expect(workOf({ takes: 'item', next, step: 'train' })).toEqual({ kind: 'item-linear', step: 'train' });
});

it('is read as it was written', () => {
  const work = { kind: 'nothing-end', step: 'end' };
  expect(parseWork(formatWork(work))).toEqual(work);
});

it.each([undefined, '', 'nothing'])('is unknown when the variable says %j', (text) => {
  expect(parseWork(text)).toBeUndefined();
});
