/** Logs of runs drawn from a seed: repeated, late and contradicting events included. */
import type { EventOutcome, RunEvent, RunStatus, TaskGroup } from 'leat/metadata';
import { Random } from '../random.ts';

/** Draws a whole number of 0 ≤ n < below. */
type Draw = (below: number) => number;

const tasks = [
  'start',
  'train[0]',
  'train[3]',
  'train[12]',
  'score[3,12]',
  'score[3,12]~2',
  'choose',
  'end',
] as const;
const groups: readonly TaskGroup[] = [
  { step: 'train', path: [], iteration: 0 },
  { step: 'train', path: [], iteration: 1 },
  { step: 'score', path: [3], iteration: 0 },
  { step: 'score', path: [3], iteration: 2 },
];
const outcomes: readonly EventOutcome[] = [
  { kind: 'end' },
  { kind: 'linear' },
  { kind: 'switch', choice: 'big' },
  { kind: 'foreach', items: { count: 3, index: 'items' } },
];
const plain = ['linear', 'branch', 'end'] as const;
const endings: readonly Exclude<RunStatus, 'running'>[] = ['succeeded', 'failed', 'cancelled'];
const states = ['submitted', 'queued', 'starting', 'running'] as const;
const reasons = ['error', 'timeout', 'lost', 'cancelled'] as const;

/**
 * A log of `length` events. The same seed gives the same log.
 *
 * @example const events = randomEvents(42, 300);
 */
export function randomEvents(seed: number, length: number): RunEvent[] {
  const random = new Random(seed);
  const draw: Draw = (below) => random.between(0, below - 1);
  let at = 1_000;
  return Array.from({ length }, () => {
    at += draw(3);
    if (draw(4) === 0) return chunkEvent(draw, at);
    if (draw(30) === 0) return reusedEvent(draw, at);
    return draw(40) === 0 ? runEvent(draw, at) : taskEvent(draw, at);
  });
}

function pick<T>(draw: Draw, from: readonly [T, ...T[]] | readonly T[]): T {
  return from[draw(from.length)] as T;
}

function runEvent(draw: Draw, at: number): RunEvent {
  if (draw(2) === 0) return { type: 'engine-started', at, epoch: 1, host: 'here', pid: draw(100) };
  return draw(2) === 0
    ? { type: 'cancel-requested', at, by: 'ada', force: false }
    : { type: 'run-ended', at, status: pick(draw, endings) };
}

function taskEvent(draw: Draw, at: number): RunEvent {
  const task = pick(draw, tasks);
  const attempt = draw(4);
  const manifest = `${task}@${attempt}.json`;
  const outcome = pick(draw, outcomes);
  switch (draw(10)) {
    case 0:
    case 1:
    case 2:
      return { type: 'attempt-submitted', at, task, attempt, layer: 'local', token: `${task}@${attempt}` };
    case 3:
      return { type: 'attempt-accepted', at, task, attempt, job: `job-${draw(9)}` };
    case 4:
    case 5:
      return {
        type: 'attempt-state',
        at,
        task,
        attempt,
        state: pick(draw, states),
        ...(draw(2) === 0 ? { note: 'waits' } : {}),
      };
    case 6:
      return failedEvent(draw, at, task, attempt);
    case 7:
      return { type: 'retry-due', at, task, attempt };
    case 8:
      return { type: 'attempt-succeeded', at, task, attempt, manifest, outcome, startedAt: at - draw(50) };
    default:
      return draw(2) === 0
        ? { type: 'task-reused', at, task, manifest, outcome, originRun: '3' }
        : { type: 'task-caught', at, task, attempt, manifest, outcome, failure: failureOf(draw) };
  }
}

function chunkEvent(draw: Draw, at: number): RunEvent {
  const token = `chunk-${draw(12)}`;
  const places = Array.from({ length: draw(9) }, (_, index) => draw(4) + index * 2);
  switch (draw(8)) {
    case 0:
    case 1:
    case 2: {
      const pack = `packs/${token}`;
      const ranges = Array.from({ length: 1 + draw(3) }, () => draw(18)).flatMap((from) => [
        from,
        from + draw(9),
      ]);
      const group = pick(draw, groups);
      return {
        type: 'chunk-submitted',
        at,
        group,
        places: ranges,
        attempt: draw(3),
        layer: 'local',
        token,
        pack,
      };
    }
    case 3:
      return { type: 'chunk-accepted', at, token, job: `job-${draw(9)}` };
    case 4:
      return { type: 'chunk-started', at, token };
    case 5:
      return { type: 'chunk-ended', at, token, returned: places };
    default:
      return succeededChunk(draw, at, token);
  }
}

/** Neighbours mostly, as a chunk's process finishes them, and now and then whatever places. */
function succeededChunk(draw: Draw, at: number, token: string): RunEvent {
  const from = draw(20);
  const step = draw(4) === 0 ? 2 : 1;
  const places = Array.from({ length: draw(12) }, (_, index) => from + index * step);
  let offset = draw(100);
  const offsets = places.map(() => (offset += 400 + draw(9)));
  const startedAt = places.map(() => at - 50 + draw(40));
  return {
    type: 'chunk-succeeded',
    at,
    token,
    outcome: { kind: pick(draw, plain) },
    places,
    offsets,
    lengths: places.map(() => 300 + draw(90)),
    startedAt,
    endedAt: startedAt.map((started) => started + draw(10)),
  };
}

function reusedEvent(draw: Draw, at: number): RunEvent {
  const from = draw(20);
  const to = from + draw(9);
  const places = Array.from({ length: to - from }, (_, index) => index);
  return {
    type: 'tasks-reused',
    at,
    group: pick(draw, groups),
    from,
    to,
    outcome: { kind: pick(draw, plain) },
    originRun: '3',
    results:
      draw(2) === 0
        ? { kind: 'named', before: 'm/', after: '@0.json' }
        : {
            kind: 'packed',
            pack: 'packs/older',
            offsets: places.map((index) => index * 400 + draw(9)),
            lengths: places.map(() => 300 + draw(90)),
          },
  };
}

function failureOf(draw: Draw): Extract<RunEvent, { type: 'attempt-failed' }>['failure'] {
  const reason = pick(draw, reasons);
  return {
    reason,
    type: 'Error',
    message: `it broke ${draw(100)} ways`,
    ...(draw(2) === 0 ? { exitCode: draw(5) } : {}),
  };
}

function failedEvent(draw: Draw, at: number, task: string, attempt: number): RunEvent {
  return {
    type: 'attempt-failed',
    at,
    task,
    attempt,
    failure: failureOf(draw),
    ...(draw(2) === 0 ? { startedAt: at - draw(50) } : {}),
    ...(draw(2) === 0 ? { retryAt: at + draw(50) } : {}),
  };
}
