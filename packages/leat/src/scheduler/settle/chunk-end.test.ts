import { expect, test } from 'vitest';
import { endOfChunk } from './chunk-end.ts';
import { makeChunkFlight } from '../flights/chunk-flight.ts';

const facts = {
  group: { step: 'work', path: [], iteration: 0 },
  attempt: 0,
  places: [0, 4],
  pack: 'pack',
  token: 'token',
  name: 'WideFlow/1/work[0]@0',
  timeoutSeconds: 10,
};

test('one that could not be started costs every member that is left one of the platform, and hands none of them out again at once', () => {
  const flight = makeChunkFlight(facts);
  flight.work.decided[1] = 1;
  const end = { state: 'failed', reason: 'start-failed', message: 'no machine', endedAt: 5 } as const;
  const events = endOfChunk(flight, end);
  expect(events.map((event) => ('task' in event ? event.task : event.type))).toStrictEqual([
    'work[0]',
    'work[2]',
    'work[3]',
    'chunk-ended',
  ]);
  expect(events.at(-1)).toMatchObject({ returned: [] });
});

test.for([
  [false, ['timeout', 'cancelled', 'cancelled']],
  [true, ['cancelled', 'cancelled', 'cancelled']],
] as const)(
  'in a chunk that was to end a time limit is that of the member that ran; it had said that it ends: %s',
  ([endedEarly, expected]) => {
    const flight = makeChunkFlight(facts);
    flight.cancelled = true;
    flight.work.decided[0] = 1;
    flight.work.endedEarly = endedEarly;
    const end = {
      state: 'failed',
      reason: 'timeout',
      message: 'it ran longer than 10 s',
      endedAt: 5,
    } as const;
    const events = endOfChunk(flight, end);
    expect(
      events.flatMap((event) => (event.type === 'attempt-failed' ? [event.failure.reason] : [])),
    ).toStrictEqual(expected);
    expect(events.at(-1)).toMatchObject({ type: 'chunk-ended', returned: [] });
  },
);
