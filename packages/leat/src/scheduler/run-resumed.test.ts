/** A run that takes over what an older one has decided. */
import { describe, expect, test } from 'vitest';
import type { FailureRecord } from '../datastore/manifest.ts';
import { flowOf } from './fixtures/flow-of.fixture.ts';
import { originByTask } from './fixtures/origin.fixture.ts';
import { predict } from './fixtures/predict.fixture.ts';
import { eventsOf, resultsOf } from './fixtures/run-log.fixture.ts';
import { makeWorld } from './fixtures/simulation.fixture.ts';

const step = (name: string) => ({ kind: 'step', name }) as const;
const thrown: FailureRecord = { reason: 'error', type: 'RangeError', message: 'not in range' };

describe('resume', () => {
  const blocks = [
    { kind: 'foreach', name: 'wide', body: [step('a'), step('b')], join: 'join' } as const,
    step('last'),
  ];

  test('reuses what succeeded, by reference, and runs the rest', async () => {
    const flow = flowOf({ blocks });
    const first = makeWorld({ flow, behave: ({ task }) => (task === 'b[1]' ? thrown : undefined) });
    await expect(first.finish(await first.start())).resolves.toMatchObject({ status: 'failed' });
    const done = new Map(eventsOf(first, 'attempt-succeeded').map((event) => [event.task, event]));
    const origin = originByTask('0', (task) => {
      const event = done.get(task);
      return event && { manifest: event.manifest.replace('/1/', '/0/'), outcome: event.outcome, run: '0' };
    });
    const second = makeWorld({ flow, origin });
    for (const [key, bytes] of first.datastore.objects)
      second.datastore.objects.set(key.replace('/1/', '/0/'), bytes);
    await expect(second.finish(await second.start())).resolves.toMatchObject({ status: 'succeeded' });
    expect([...resultsOf(second).keys()].toSorted()).toStrictEqual([...predict(flow).keys()].toSorted());
    expect(
      eventsOf(second, 'task-reused')
        .map(({ task }) => task)
        .toSorted(),
    ).toStrictEqual([...done.keys()].toSorted());
    expect(second.specs.get('RandomFlow/1/b[1]@0')!.sources).toStrictEqual([
      { step: 'a', task: 'a[1]', manifest: 'runs/RandomFlow/0/a/1@0.json' },
    ]);
  });

  test('reuses a join when all that it joins was reused', async () => {
    const flow = flowOf({ blocks });
    const first = makeWorld({ flow, behave: ({ step: name }) => (name === 'last' ? thrown : undefined) });
    await expect(first.finish(await first.start())).resolves.toMatchObject({ status: 'failed' });
    const done = new Map(eventsOf(first, 'attempt-succeeded').map((event) => [event.task, event]));
    const origin = originByTask('0', (task) => {
      const event = done.get(task);
      return event && { manifest: event.manifest, outcome: event.outcome, run: '0' };
    });
    const second = makeWorld({ flow, origin });
    await second.finish(await second.start());
    expect([...second.specs.values()].map(({ task }) => task)).toStrictEqual(['last', 'end']);
  });

  test('reuses nothing from a step on, nor anything that follows it', async () => {
    const flow = flowOf({ blocks });
    const first = makeWorld({ flow });
    await first.finish(await first.start());
    const done = new Map(eventsOf(first, 'attempt-succeeded').map((event) => [event.task, event]));
    const origin = originByTask(
      '1',
      (task) => {
        const event = done.get(task);
        return event && { manifest: event.manifest, outcome: event.outcome, run: '1' };
      },
      ['b'],
    );
    const second = makeWorld({ flow, origin });
    await second.finish(await second.start());
    const reused = new Set(eventsOf(second, 'task-reused').map(({ task }) => task.replace(/\[.*/, '')));
    expect([...reused].toSorted()).toStrictEqual(['a', 'start', 'wide']);
  });
});
