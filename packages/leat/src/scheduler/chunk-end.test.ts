import { expect, test } from 'vitest';
import { endOfChunk } from './chunk-end.ts';
import { makeChunkFlight } from './chunk-flight.ts';

const facts = {
  group: { step: 'work', path: [], iteration: 0 },
  attempt: 0,
  places: [0, 4],
  pack: 'pack',
  token: 'token',
  name: 'WideFlow/1/work[0]@0',
  timeoutSeconds: 10,
};

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
