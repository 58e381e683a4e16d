import { VirtualClock } from '@leat/testing';
import { beforeEach, expect, it } from 'vitest';
import type { Diagnosis } from '../../compute/compute-layer.ts';
import { type AttemptFlight, grounded } from '../flights/flight.ts';
import { type LongWait, WaitWatch } from './wait-watch.ts';

const flight = (step: string): AttemptFlight => ({
  ...grounded,
  kind: 'attempt',
  task: `${step}[0]`,
  attempt: 0,
  token: step,
  name: `Flow/1/${step}[0]@0`,
  step,
  timeoutSeconds: undefined,
  pieces: undefined as never, // nobody looks at what it is made of
});

let clock = new VirtualClock(0);
let stop = new AbortController();
let steps: string[] = [];
let answer: () => Diagnosis = () => ({ cause: 'no capacity', kind: 'no-capacity' });
let asked: number[] = [];
let told: LongWait[] = [];

/** Watches jobs that wait since the beginning, or since some milliseconds later, for so long. */
async function watch(minutes: number, since = 0): Promise<void> {
  const watcher = new WaitWatch({
    layer: {
      name: 'batch',
      diagnose: async () => {
        asked.push(clock.now() / 60_000);
        return answer();
      },
    },
    clock,
    signal: stop.signal,
    waiting: (longerThanMs) =>
      clock.steady() - since < longerThanMs
        ? []
        : steps.map((step) => ({ job: step, flight: flight(step), since, others: 3 })),
    tell: (wait) => told.push(wait),
  });
  watcher.start();
  watcher.start();
  await clock.run(clock.pause(minutes * 60_000));
}

beforeEach(() => {
  clock = new VirtualClock(0);
  stop = new AbortController();
  steps = ['train'];
  answer = () => ({ cause: 'no capacity', kind: 'no-capacity' });
  asked = [];
  told = [];
});

it('tells a cause once, and asks ever more seldom', async () => {
  await watch(200);
  expect(asked).toEqual([2, 6, 14, 30, 60, 90, 120, 150, 180]);
  expect(told).toEqual([
    {
      task: 'train[0]',
      step: 'train',
      layer: 'batch',
      job: 'train',
      waitedMs: 120_000,
      others: 3,
      diagnosis: { cause: 'no capacity', kind: 'no-capacity' },
    },
  ]);
});

it('asks soon after two minutes also about what came a moment after the first', async () => {
  await watch(10, 1);
  expect(asked[0]).toBe(2.5);
});

it('tells when the cause is another one', async () => {
  answer = () => ({ cause: clock.now() < 600_000 ? 'no capacity' : 'quota', kind: 'no-capacity' });
  await watch(60);
  expect(told.map(({ diagnosis }) => diagnosis.cause)).toEqual(['no capacity', 'quota']);
});

it('asks for one job a step, and for three steps a look', async () => {
  steps = ['a', 'b', 'c', 'd', 'e'];
  await watch(5);
  expect(asked).toEqual([2, 2, 2, 2.5, 2.5]);
});

it.each(['running', 'ended', 'unknown'] as const)('does not tell what is %s', async (kind) => {
  answer = () => ({ cause: 'x', kind });
  await watch(60);
  expect(told).toEqual([]);
});

it('lives on when its layer cannot say', async () => {
  answer = () => {
    if (clock.now() < 600_000) throw new Error('AccessDenied');
    return { cause: 'quota', kind: 'no-capacity' };
  };
  await watch(60);
  expect(told).toHaveLength(1);
});

it('rests while nothing waits', async () => {
  steps = [];
  await watch(10);
  await expect(clock.run(new Promise(() => {}))).rejects.toThrow('nothing will happen any more');
});

it('stops with the run', async () => {
  await watch(1);
  stop.abort();
  await clock.run(clock.pause(600_000));
  expect(asked).toEqual([]);
});
