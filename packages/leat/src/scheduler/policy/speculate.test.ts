import { expect, test } from 'vitest';
import { makeWorld } from '../fixtures/simulation.fixture.ts';
import { flowOf } from '../fixtures/flow-of.fixture.ts';

const blocks = [
  { kind: 'foreach', name: 'fan', body: [{ kind: 'step', name: 'work' }], join: 'join' } as const,
];
const limits = { maxWorkers: 8, windows: {}, failFast: false, speculate: true };
const thrown = { reason: 'error', type: 'Error', message: 'no' } as const;

test('the failure of the first copy decides, when the second one has failed before it', async () => {
  const world = makeWorld({
    flow: flowOf({ blocks, items: 100 }),
    limits,
    durationMs: ({ task, attempt }) => (task === 'work[3]' && attempt === 0 ? 600_000 : 1000),
    behave: ({ task }) => (task === 'work[3]' ? thrown : undefined),
  });
  await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'failed' });
  const failed = world.metadata.log.filter(({ type }) => type === 'attempt-failed');
  expect(failed).toMatchObject([
    { task: 'work[3]', attempt: 1, ofCopies: 'first' },
    { task: 'work[3]', attempt: 0, ofCopies: 'last' },
  ]);
});

test('a step that is protected for its side effects is never copied', async () => {
  const retry = {
    times: 0,
    waitSeconds: 0,
    backoff: 'constant',
    maxWaitSeconds: 1,
    protected: true,
  } as const;
  const world = makeWorld({
    flow: flowOf({ blocks, items: 100, steps: { work: { retry } } }),
    limits,
    durationMs: ({ task }) => (task === 'work[3]' ? 600_000 : 1000),
  });
  await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'succeeded' });
  expect(world.metadata.log.filter((event) => 'attempt' in event && event.attempt > 0)).toEqual([]);
});
