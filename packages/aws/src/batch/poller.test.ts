import fc from 'fast-check';
import type { JobStatus } from 'leat/compute';
import { describe, expect, test } from 'vitest';
import { AwsCalls } from './aws-calls.ts';
import { CallBudget } from './call-budget.ts';
import { EndedBooks } from './ended-books.ts';
import { JobBook } from './job-book.ts';
import { type Pace, Poller } from './poller.ts';
import { awsError, SimulatedBatch, VirtualTiming } from './simulated-batch.fixture.ts';

const order = ['RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED'] as const;

class World {
  readonly batch = new SimulatedBatch();
  readonly timing = new VirtualTiming();
  readonly poller: Poller;
  readonly forgotten: string[] = [];

  constructor({ most, pace }: { readonly most?: number; readonly pace?: Pace } = {}) {
    const { batch: api, timing } = this;
    const calls = new AwsCalls(new CallBudget(timing), new AbortController().signal, timing);
    this.poller = new Poller({
      api,
      calls,
      timing,
      settle: async ({ status }) => status,
      ended: new EndedBooks(most),
      forgotten: ({ id }) => this.forgotten.push(id),
      ...(pace === undefined ? {} : { pace }),
    });
  }

  async submit(size: number): Promise<readonly string[]> {
    const id = await this.batch.submitJob({
      jobName: `job-${size}`,
      jobQueue: 'q',
      jobDefinition: 'd',
      ...(size > 1 ? { arrayProperties: { size } } : {}),
    });
    const book = new JobBook(
      id,
      size,
      Array.from({ length: size }, (_, at) => `${id}/${at}`),
    );
    this.poller.track(book);
    return Array.from({ length: size }, (_, at) => book.idOf(at));
  }

  states(id: string) {
    const states = this.batch.jobs.get(id.split(':')[0] ?? '')?.states;
    if (states === undefined) throw new Error('no job');
    return states;
  }

  async poll(jobs: readonly string[], waitMs = 20_000): Promise<ReadonlyMap<string, JobStatus>> {
    return this.poller.poll(jobs, { waitMs, signal: AbortSignal.timeout(60_000) });
  }
}

describe('one poll', () => {
  test('returns when there is news, and not before', async () => {
    const world = new World();
    const [job = ''] = await world.submit(1);
    expect((await world.poll([job])).get(job)).toEqual({ state: 'queued', note: 'RUNNABLE' });
    world.timing.passing = (now) => {
      if (now > 10_000) world.states(job)[0] = 'RUNNING';
    };
    expect((await world.poll([job])).get(job)?.state).toBe('running');
    expect(world.timing.now()).toBeGreaterThan(10_000);
  });

  test('holds no longer than it was told, and asks less and less while nothing happens', async () => {
    const world = new World();
    const [job = ''] = await world.submit(1);
    await world.poll([job]);
    const before = world.batch.counts.describeJobs;
    for (let hour = 0; hour < 3 * 60; hour += 1) await world.poll([job]);
    expect(world.timing.now()).toBeGreaterThan(3_500_000);
    expect(world.batch.counts.describeJobs - before).toBeLessThan(400);
  });

  test('what Batch does not know is missing at once; what it has just taken is not', async () => {
    const world = new World();
    expect(await world.poll(['00000000-0000-4000-8000-999999999999', 'nobody'])).toEqual(new Map());
    const [job = ''] = await world.submit(1);
    world.batch.hidden.add(job);
    expect((await world.poll([job])).get(job)).toEqual({ state: 'submitted' });
    let answer = await world.poll([job]);
    for (let polls = 0; polls < 100 && answer.has(job); polls += 1) answer = await world.poll([job]);
    expect(answer.has(job), 'lost after a while').toBe(false);
    expect(world.timing.now()).toBeGreaterThan(300_000);
  });

  /** Polls, however soon there is news elsewhere, until a job is lost; when, and after how many looks. */
  async function untilLost(world: World, job: string) {
    const asked = world.batch.counts.describeJobs;
    const since = world.timing.now();
    let answer = await world.poll([job]);
    for (let polls = 0; polls < 1000 && answer.has(job); polls += 1) {
      world.poller.hurry();
      answer = await world.poll([job]);
    }
    expect(answer.has(job), 'it is lost').toBe(false);
    expect(world.poller.isLost(job)).toBe(true);
    return { looks: world.batch.counts.describeJobs - asked, ms: world.timing.now() - since };
  }

  test('what Batch has shown and does not know any more is lost after a minute, however often it was looked for', async () => {
    const world = new World();
    const [job = ''] = await world.submit(1);
    await world.poll([job]);
    world.batch.hidden.add(job);
    const { looks, ms } = await untilLost(world, job);
    expect(looks).toBeGreaterThanOrEqual(3);
    expect(ms).toBeGreaterThanOrEqual(60_000);
    expect(ms).toBeLessThan(120_000);
  });

  test('and after three looks, however long ago the first was', async () => {
    const world = new World({ pace: { first: 50_000, longest: 100_000 } });
    const [job = ''] = await world.submit(1);
    await world.poll([job]);
    world.batch.hidden.add(job);
    const { looks, ms } = await untilLost(world, job);
    expect(looks).toBe(3);
    expect(ms).toBeGreaterThan(60_000);
  });

  test('a job that is left out of answers now and then, for less than a minute each time, is never lost', async () => {
    const world = new World();
    const [job = ''] = await world.submit(1);
    world.states(job)[0] = 'RUNNING';
    await world.poll([job]);
    world.timing.passing = (now) => {
      if (Math.floor(now / 45_000) % 2 === 0) world.batch.hidden.delete(job);
      else world.batch.hidden.add(job);
    };
    while (world.timing.now() < 3_600_000) {
      world.poller.hurry();
      expect((await world.poll([job])).get(job)?.state).toBe('running');
    }
  });

  test('jobs of an earlier engine are learned by their ids', async () => {
    const world = new World();
    const jobs = await world.submit(3);
    world.states(jobs[0] ?? '').splice(0, 3, 'SUCCEEDED', 'FAILED', 'RUNNING');
    const other = new World();
    for (const [id, job] of world.batch.jobs) other.batch.jobs.set(id, job);
    let answer = await other.poll(jobs);
    while (answer.get(jobs[1] ?? '')?.state !== 'failed') answer = await other.poll(jobs);
    expect(answer.get(jobs[0] ?? '')?.state).toBe('succeeded');
    expect(answer.get(jobs[1] ?? '')).toMatchObject({ state: 'failed', exitCode: 3 });
  });
});

test('who only reads the output of a job learns when it is over, with few calls', async () => {
  const world = new World();
  const [job = ''] = await world.submit(1);
  world.timing.passing = (now) => {
    if (now > 600_000) world.states(job)[0] = 'SUCCEEDED';
  };
  await world.poller.watch(job, 0, new AbortController().signal);
  expect(world.poller.isOver(job, 0)).toBe(true);
  expect(world.batch.counts.describeJobs).toBeLessThan(70);
});

describe('an array', () => {
  test('tells of one child that has ended while all others go on', async () => {
    const world = new World();
    const jobs = await world.submit(300);
    world.states(jobs[0] ?? '').fill('RUNNING');
    await world.poll(jobs);
    let answer = await world.poll(jobs);
    world.states(jobs[0] ?? '')[250] = 'FAILED';
    for (let polls = 0; polls < 5 && answer.get(jobs[250] ?? '')?.state !== 'failed'; polls += 1)
      answer = await world.poll(jobs);
    expect(answer.get(jobs[250] ?? '')?.state).toBe('failed');
  });

  test('of 10,000 that waits for an hour costs a call a round', { timeout: 60_000 }, async () => {
    const world = new World();
    const jobs = await world.submit(10_000);
    while (world.timing.now() < 3_600_000) await world.poll(jobs);
    const { describeJobs, describedIds } = world.batch.counts;
    expect(describeJobs).toBe(describedIds);
    expect(describeJobs).toBeLessThan(500);
  });

  test('of 10,000 that runs with 1,000 places costs a bounded number of calls, and all of it is seen', async () => {
    const world = new World();
    const jobs = await world.submit(10_000);
    const states = world.states(jobs[0] ?? '');
    let running = 0;
    let next = 0;
    // Each runs for a minute.
    world.timing.passing = (now) => {
      const through = Math.min(10_000, Math.floor(now / 60_000) * 1000);
      for (; running < through; running += 1) states[running] = 'SUCCEEDED';
      for (; next < Math.min(10_000, running + 1000); next += 1) states[next] = 'RUNNING';
    };
    const over = new Set<string>();
    const open = new Set(jobs);
    while (over.size < jobs.length) {
      for (const [job, { state }] of await world.poll([...open])) {
        if (state !== 'succeeded') continue;
        over.add(job);
        open.delete(job);
      }
    }
    // 100 ids a call: once when it runs, once when it has ended; and the parent once a round.
    const rounds = world.timing.now() / 1000;
    expect(world.batch.counts.describeJobs).toBeLessThan(2 * 100 + 60 + rounds);
  });
});

describe('a child that an answer leaves out', () => {
  async function ended(size: number, parent: 'SUCCEEDED' | 'FAILED', left: number) {
    const world = new World();
    const jobs = await world.submit(size);
    const states = world.states(jobs[0] ?? '');
    states.fill('SUCCEEDED');
    if (parent === 'FAILED') states[0] = 'FAILED';
    world.batch.hidden.add(jobs[left] ?? '');
    return { world, jobs, left: jobs[left] ?? '' };
  }

  async function untilOver(world: World, job: string): Promise<JobStatus | undefined> {
    let status: JobStatus | undefined;
    for (
      let polls = 0;
      polls < 100 && status?.state !== 'succeeded' && status?.state !== 'failed';
      polls += 1
    )
      status = (await world.poll([job])).get(job);
    return status;
  }

  test('does not end as its array did: it is asked about again', async () => {
    const { world, left } = await ended(5, 'FAILED', 3);
    world.timing.passing = (now) => {
      if (now > 5000) world.batch.hidden.clear();
    };
    expect((await untilOver(world, left))?.state).toBe('succeeded');
  });

  test('is lost after a minute', async () => {
    const { world, left } = await ended(5, 'FAILED', 3);
    expect(await untilOver(world, left)).toMatchObject({ state: 'failed', reason: 'lost' });
    expect(world.timing.now()).toBeGreaterThanOrEqual(60_000);
    expect(world.timing.now()).toBeLessThan(120_000);
  });

  test('ends with its array when that was ended before its children were made', async () => {
    const world = new World();
    const [first = ''] = await world.submit(4);
    const [id = ''] = first.split(':');
    world.batch.unmade.add(id);
    expect(await untilOver(world, first)).toMatchObject({ state: 'failed', reason: 'cancelled' });
    expect(world.timing.now()).toBeLessThan(10_000);
  });
});

test('whatever the order of states and troubles, every end is told once, and no state goes back', async () => {
  const step = fc.record({
    job: fc.nat(3),
    child: fc.nat(30),
    to: fc.constantFrom('STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED' as const),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 2, max: 9 }),
      async (sizes, steps, every) => {
        const world = new World();
        const jobs = await Promise.all(sizes.map(async (size) => world.submit(size)));
        const all = jobs.flat();
        let at = 0;
        world.timing.passing = () => {
          const next = steps[(at += 1)];
          if (at % every === 0)
            world.batch.troubles.push({
              after: false,
              error: awsError(
                at % 2 === 0 ? 'TooManyRequestsException' : 'ServerException',
                at % 2 === 0 ? 429 : 500,
              ),
            });
          if (next === undefined) {
            for (const ids of jobs) world.states(ids[0] ?? '').fill('SUCCEEDED');
            return;
          }
          const states = world.states(jobs[next.job % jobs.length]?.[0] ?? '');
          const child = next.child % states.length;
          const now = states[child];
          const ended = now === 'SUCCEEDED' || now === 'FAILED';
          if (!ended && (next.to === 'FAILED' || order.indexOf(next.to) > order.indexOf(now as 'RUNNING')))
            states[child] = next.to;
        };
        // Ends are for ever: those that failed on the way are not made to succeed.
        for (const ids of jobs) {
          const states = world.states(ids[0] ?? '');
          const fill = states.fill.bind(states);
          states.fill = (value) => {
            for (const [index, state] of states.entries())
              if (state !== 'FAILED') fill(value, index, index + 1);
            return states;
          };
        }
        const rank: Readonly<Record<JobStatus['state'], number>> = {
          submitted: 0,
          queued: 1,
          starting: 2,
          running: 3,
          succeeded: 4,
          failed: 4,
        };
        const last = new Map<string, number>();
        const open = new Set(all);
        for (let polls = 0; open.size > 0; polls += 1) {
          expect(polls).toBeLessThan(1000);
          for (const [job, { state }] of await world.poll([...open])) {
            expect(rank[state]).toBeGreaterThanOrEqual(last.get(job) ?? 0);
            last.set(job, rank[state]);
            if (rank[state] === 4) {
              open.delete(job);
              const [id = '', index = '0'] = job.split(':');
              expect(state === 'failed').toBe(world.states(id)[Number(index)] === 'FAILED');
            }
          }
        }
        expect(last.size).toBe(all.length);
      },
    ),
    { numRuns: 100 },
  );
});

test('jobs that ended long ago are forgotten, the oldest first, and none that is open or was not told', async () => {
  const world = new World({ most: 5 });
  const open = await world.submit(3);
  const ended: (readonly string[])[] = [];
  for (const size of [2, 1, 2, 2]) {
    const ids = await world.submit(size);
    world.states(ids[0] ?? '').fill('SUCCEEDED');
    ended.push(ids);
  }
  for (const ids of ended) {
    for (const { state } of (await world.poll([...ids, ...open])).values())
      expect(['succeeded', 'queued']).toContain(state);
    // Told once more, it is no other.
    await world.poll([...ids, ...open], 0);
  }
  const idOf = (ids: readonly string[] = []): string => ids[0]?.split(':')[0] ?? '';
  expect(world.forgotten).toEqual([idOf(ended[0])]);
  expect(world.poller.book(idOf(ended[0]))).toBeUndefined();
  for (const ids of [open, ...ended.slice(1)]) expect(world.poller.book(idOf(ids))?.id).toBe(idOf(ids));
});

test('a job larger than all that is kept is not forgotten while it is told', () => {
  const books = new EndedBooks(5);
  const large = new JobBook('large', 9);
  expect(books.add(large)).toEqual([]);
  expect(books.add(new JobBook('next', 1))).toEqual([large]);
});
