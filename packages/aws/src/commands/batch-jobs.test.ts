import { expect, it } from 'vitest';
import type { ListedJob, SetupApi } from '../setup/api.ts';
import { openJobs } from './batch-jobs.ts';

const job = (id: string, run?: string): ListedJob => ({
  id,
  name: id,
  queue: 'q',
  state: 'RUNNABLE',
  tags: run === undefined ? {} : { 'leat.run': run },
});

/** A queue in which jobs of others wait. */
const crowdedBy = (others: number): SetupApi =>
  ({
    jobs: async (_queue: string, state: string, most: number) =>
      state === 'RUNNABLE'
        ? [
            job('mine', 'Train/1'),
            ...Array.from({ length: others }, (_, index) => job(`other ${index}`)),
          ].slice(0, most)
        : [],
  }) as unknown as SetupApi;

it('says that not all jobs were looked at, so that nobody takes what is left for ended', async () => {
  const few = await openJobs(crowdedBy(10), ['q'], { run: 'Train/1' });
  expect([few.jobs.map(({ id }) => id), few.cut]).toEqual([['mine'], undefined]);
  const many = await openJobs(crowdedBy(5000), ['q'], { run: 'Train/1' });
  expect(many.cut).toMatch(/too many jobs in q/);
});
