/** How a run ends before its time: cancelled, failed fast, out of patience with a layer or a store, or without its lease. */
import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import { flowOf } from './fixtures/flow-of.fixture.ts';
import { eventsOf, outcomeOf, resultsOf, typesOf } from './fixtures/run-log.fixture.ts';
import { makeWorld } from './fixtures/simulation.fixture.ts';

const step = (name: string) => ({ kind: 'step', name }) as const;
const twoSteps = flowOf({ blocks: [] });
const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };

describe('the loop', () => {
  test('ends a task that its layer lets run past its timeout', async () => {
    const flow = flowOf({ blocks: [], steps: { start: { timeoutSeconds: 10 } } });
    const world = makeWorld({ flow, durationMs: () => 3_600_000 });
    // The layer is told of no timeout, so only the engine knows.
    const submit = world.layer.submit.bind(world.layer);
    world.layer.submit = async (batch) =>
      submit(batch.map(({ timeoutSeconds: _untold, ...request }) => request));
    const began = world.clock.now();
    await expect(world.finish(await world.start())).resolves.toMatchObject({ status: 'failed' });
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'timeout' } }]);
    expect(world.clock.now() - began).toBeLessThan(120_000);
  });

  test('cancels once gently, and by force the second time', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 3_600_000 });
    const graces: number[] = [];
    const cancel = world.layer.cancel.bind(world.layer);
    world.layer.cancel = async (jobs, options) => {
      graces.push(options.graceSeconds);
      if (options.graceSeconds === 0) await cancel(jobs, options);
    };
    const handle = await world.start();
    world.clock.after(5000, () => {
      handle.cancel('SIGINT', false);
    });
    world.clock.after(6000, () => {
      handle.cancel('SIGINT', true);
    });
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(graces).toStrictEqual([10, 0]);
    expect(eventsOf(world, 'attempt-failed')).toMatchObject([{ failure: { reason: 'cancelled' } }]);
  });

  test('does not wait for ever for a layer that never ends what it was asked to end', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 360_000_000 });
    world.layer.cancel = async () => {};
    const handle = await world.start();
    world.clock.after(5000, () => {
      handle.cancel('SIGINT', false);
    });
    const began = world.clock.now();
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(world.clock.now() - began).toBeLessThan(60_000);
  });

  test('ends by force also what its layer takes only after the end was asked for', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 360_000_000 });
    const submit = world.layer.submit.bind(world.layer);
    world.layer.submit = async (batch) => {
      await world.clock.pause(20_000);
      return submit(batch);
    };
    const graces: number[] = [];
    world.layer.cancel = async (_, { graceSeconds }) => {
      graces.push(graceSeconds);
    };
    const handle = await world.start();
    world.clock.after(5000, () => {
      handle.cancel('SIGINT', true);
    });
    const began = world.clock.now();
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(graces).toStrictEqual([0]);
    expect(world.clock.now() - began).toBeLessThan(60_000);
  });

  test('ends the others when it fails fast', async () => {
    const flow = flowOf({
      blocks: [{ kind: 'branch', name: 'split', arms: [[step('bad')], [step('long')]], join: 'join' }],
    });
    const options = {
      flow,
      behave: ({ step: name }: { step: string }) => (name === 'bad' ? thrown : undefined),
      durationMs: ({ step: name }: { step: string }) => (name === 'long' ? 3_600_000 : 10),
    };
    const patient = makeWorld(options);
    await expect(patient.finish(await patient.start())).resolves.toMatchObject({ status: 'failed' });
    expect(resultsOf(patient).has('long')).toBe(true);
    const fast = makeWorld({ ...options, limits: { windows: {}, failFast: true } });
    await expect(fast.finish(await fast.start())).resolves.toMatchObject({ status: 'failed' });
    expect(resultsOf(fast).has('long')).toBe(false);
  });

  test('renews its lease, and writes nothing once it is lost', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 100_000 });
    const handle = await world.start();
    let length = 0;
    world.clock.after(50_000, () => {
      expect(world.metadata.renewals).toBe(4);
      length = world.metadata.log.length;
      void world.metadata.acquireLease('RandomFlow', '1', 'another');
    });
    await expect(world.clock.run(outcomeOf(handle.done))).resolves.toBe('LEASE_LOST');
    expect(world.metadata.log).toHaveLength(length);
  });

  test('stops when the metadata is gone for longer than its lease', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 100_000 });
    const handle = await world.start();
    const gone = (): never => {
      throw new Error('unreachable');
    };
    world.clock.after(50_000, () => {
      world.metadata.renewLease = async () => new Promise(() => {});
      world.metadata.releaseLease = async () => gone();
    });
    await expect(world.clock.run(outcomeOf(handle.done))).resolves.toBe('LEASE_LOST');
  });

  test('ends what a layer has taken without an answer when the run is to end', async () => {
    const world = makeWorld({ flow: twoSteps, faults: { unanswered: 1 }, durationMs: () => 3_600_000 });
    const handle = await world.start();
    world.clock.after(1000, () => {
      handle.cancel('me', false);
    });
    await expect(world.finish(handle)).resolves.toMatchObject({ status: 'cancelled' });
    expect(world.layer.inFlight).toStrictEqual([]);
  });

  test('gives up on a layer that cannot be reached, and leaves the run to be recovered', async () => {
    const world = makeWorld({ flow: twoSteps, durationMs: () => 50_000 });
    const handle = await world.start();
    world.layer.poll = async () => {
      throw new Error('no route to host');
    };
    await expect(world.clock.run(outcomeOf(handle.done))).resolves.toBe('LAYER_FAILED');
    expect(typesOf(world)).not.toContain('run-ended');
  });
});
