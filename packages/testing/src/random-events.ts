/** Logs of runs drawn from a seed: repeated, late and contradicting events included. */
import type { EventOutcome, RunEvent, RunStatus } from 'leat/metadata';

type Draw = (below: number) => number;

/** A generator of numbers that depends on the seed alone (mulberry32). */
function drawing(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

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
const outcomes: readonly EventOutcome[] = [
  { kind: 'end' },
  { kind: 'linear' },
  { kind: 'switch', choice: 'big' },
  { kind: 'foreach', items: { count: 3, index: 'items' } },
];
const endings: readonly Exclude<RunStatus, 'running'>[] = ['succeeded', 'failed', 'cancelled'];
const states = ['submitted', 'queued', 'starting', 'running'] as const;
const reasons = ['error', 'timeout', 'lost', 'cancelled'] as const;

/**
 * A log of `length` events. The same seed gives the same log.
 *
 * @example const events = randomEvents(42, 300);
 */
export function randomEvents(seed: number, length: number): RunEvent[] {
  const draw = drawing(seed);
  let at = 1_000;
  return Array.from({ length }, () => {
    at += draw(3);
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
