import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../metadata/events.ts';
import { planOf } from '../../plan/plan.fixture.ts';
import { UsageMeter } from './usage.ts';

const plan = planOf({ resources: { cpu: 4, memory: 8000 } }, ['batch:queue=leat']);

function used(events: readonly object[], { layer = 'batch', now = 1_000_000 } = {}): readonly object[] {
  const meter = new UsageMeter(plan, new Set([layer]));
  for (const event of events) meter.add(event as RunEvent);
  return meter
    .total(now)
    .map(({ step, jobs, seconds, wholeMinuteSeconds }) => ({ step, jobs, seconds, wholeMinuteSeconds }));
}

const submitted = (task: string, attempt = 0): object => ({
  type: 'attempt-submitted',
  at: 0,
  task,
  attempt,
  layer: 'batch',
  token: task,
});
const running = (task: string, at: number, attempt = 0): object => ({
  type: 'attempt-state',
  at,
  task,
  attempt,
  state: 'running',
});
const succeeded = (task: string, startedAt: number, at: number, attempt = 0): object => ({
  type: 'attempt-succeeded',
  at,
  startedAt,
  task,
  attempt,
});

describe('UsageMeter', () => {
  it('sums up what ran, by step, and not what waited', () => {
    const events = [
      submitted('start'),
      { type: 'attempt-state', at: 10_000, task: 'start', attempt: 0, state: 'queued' },
      running('start', 60_000),
      succeeded('start', 60_000, 61_000),
      ...[0, 1].flatMap((i) => [
        submitted(`work[${i}]`),
        running(`work[${i}]`, 70_000),
        succeeded(`work[${i}]`, 70_000, 170_000),
      ]),
    ];
    expect(used(events)).toEqual([
      { step: 'start', jobs: 1, seconds: 1, wholeMinuteSeconds: 60 },
      { step: 'work', jobs: 2, seconds: 200, wholeMinuteSeconds: 200 },
    ]);
  });

  it('counts tries that failed, and not those that never ran', () => {
    const failed = (attempt: number, startedAt?: number): object => ({
      type: 'attempt-failed',
      at: 100_000,
      task: 'work',
      attempt,
      ...(startedAt === undefined ? {} : { startedAt }),
    });
    const events = [
      submitted('work', 0),
      failed(0, 10_000),
      submitted('work', 1),
      failed(1),
      submitted('work', 2),
      running('work', 120_000, 2),
      succeeded('work', 120_000, 130_000, 2),
    ];
    expect(used(events)).toEqual([{ step: 'work', jobs: 2, seconds: 100, wholeMinuteSeconds: 150 }]);
  });

  it('counts a chunk once, whatever becomes of its members', () => {
    const group = { step: 'work', path: [], iteration: 0 };
    const events = [
      {
        type: 'chunk-submitted',
        at: 0,
        group,
        attempt: 0,
        layer: 'batch',
        token: 'c',
        places: [0, 100],
        pack: 'p',
      },
      { type: 'chunk-started', at: 10_000, token: 'c' },
      { type: 'attempt-failed', at: 20_000, startedAt: 15_000, task: 'work[3]', attempt: 0 },
      succeeded('work[4]', 20_000, 21_000),
      { type: 'chunk-ended', at: 110_000, token: 'c', returned: [] },
    ];
    expect(used(events)).toEqual([{ step: 'work', jobs: 1, seconds: 100, wholeMinuteSeconds: 100 }]);
  });

  it('counts what still runs up to now, and other layers not at all', () => {
    const events = [submitted('work'), running('work', 400_000)];
    expect(used(events)).toEqual([{ step: 'work', jobs: 1, seconds: 600, wholeMinuteSeconds: 600 }]);
    expect(used(events, { layer: 'local' })).toEqual([]);
  });

  it('knows what each job had', () => {
    const meter = new UsageMeter(plan, new Set(['batch']));
    for (const event of [submitted('work[1]~2'), succeeded('work[1]~2', 0, 1000)])
      meter.add(event as RunEvent);
    expect(meter.total(0)[0]).toMatchObject({
      step: 'work',
      resources: { cpu: { value: 4 } },
      options: { queue: 'leat' },
    });
  });
});
