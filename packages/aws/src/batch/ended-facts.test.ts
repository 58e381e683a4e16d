import { expect, test } from 'vitest';
import { EndedFacts } from './ended-facts.ts';

const failed = (job: string) => ({
  job,
  status: { state: 'failed', reason: 'exit', message: '', endedAt: 2 } as const,
  detail: { jobId: job, status: 'FAILED', statusReason: 'it died' } as const,
});

test('of jobs that have failed the newest are kept', () => {
  const facts = new EndedFacts(2);
  for (const job of ['a', 'b', 'c']) facts.ended(failed(job));
  expect(facts.of('a')).toBeUndefined();
  expect(facts.of('b')?.job).toMatchObject({ id: 'b', state: 'FAILED', statusReason: 'it died' });
  expect(facts.of('c')?.job?.id).toBe('c');
});

test('of one that Batch does not know any more it is kept that it does not, and of one that ended well nothing', () => {
  const facts = new EndedFacts();
  facts.ended({ ...failed('a'), detail: undefined });
  facts.ended({ job: 'b', status: { state: 'succeeded', startedAt: 1, endedAt: 2 }, detail: undefined });
  expect(facts.of('a')).toEqual({ collectedAt: expect.any(Number) });
  expect(facts.of('b')).toBeUndefined();
});
