import { expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import { flowOf } from './fixtures/flow-of.fixture.ts';
import { makeWorld } from './fixtures/simulation.fixture.ts';

const step = (name: string) => ({ kind: 'step', name }) as const;
const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };
const flow = flowOf({
  blocks: [{ kind: 'branch', name: 'split', arms: [[step('bad')], [step('long')]], join: 'join' }],
});

test.for([false, true])(
  'what ran when a run failed goes on under the next engine; fail fast: %s',
  async (failFast) => {
    const limits = { windows: {}, failFast };
    const world = makeWorld({
      flow,
      limits,
      behave: ({ step: name }) => (name === 'bad' ? thrown : undefined),
      durationMs: ({ step: name }) => (name === 'long' ? 200_000 : 10),
      // An end that is asked for is not answered before the next engine is there.
      layer: { startMs: [0, 0] },
    });
    const cancels: number[] = [];
    world.layer.cancel = async () => {
      cancels.push(world.metadata.epoch);
    };
    const first = await world.start();
    world.clock.after(5000, () => {
      world.metadata.epoch += 1;
    });
    await world.clock.run(first.done.catch(() => undefined));
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'failed' });
    expect(cancels.includes(3)).toBe(failFast);
    const ends = world.metadata.log.findLast((event) => 'task' in event && event.task === 'long');
    expect(ends?.type).toBe(failFast ? 'attempt-failed' : 'attempt-succeeded');
  },
);
