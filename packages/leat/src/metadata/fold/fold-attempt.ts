import type { EventFailure } from '../events.ts';
import type { AttemptRecord } from '../metadata-store.ts';
import type { EventOf, MemberEvent } from '../task-events.ts';

/** What an event makes of the attempt that it names; `undefined` as long as the attempt was not submitted. */
export function foldAttempt(
  attempt: AttemptRecord | undefined,
  event: MemberEvent,
): AttemptRecord | undefined {
  if (event.type === 'attempt-submitted' && (attempt === undefined || attempt.state === 'returned'))
    return newAttempt(event);
  if (attempt === undefined) return undefined;
  if (event.type === 'attempt-accepted') return { ...attempt, job: event.job };
  if (event.type === 'attempt-succeeded')
    return attempt.state === 'succeeded' ? attempt : succeededBy(attempt, event);
  // The first ending of an attempt stands, but for a success that was reported late.
  return attempt.endedAt === undefined ? foldOpenAttempt(attempt, event) : attempt;
}

function foldOpenAttempt(
  attempt: AttemptRecord,
  event: Exclude<MemberEvent, EventOf<'attempt-accepted' | 'attempt-succeeded'>>,
): AttemptRecord {
  switch (event.type) {
    case 'attempt-state':
      return inState(attempt, event);
    case 'attempt-failed':
      return endedBy(attempt, event.failure, event.at, event.startedAt);
    case 'task-caught':
      return endedBy(attempt, event.failure, event.at);
    case 'member-started':
      return { ...withoutNote(attempt), state: 'running' };
    case 'member-returned':
      return { ...withoutNote(attempt), state: 'returned' };
    case 'attempt-submitted':
    case 'retry-due':
    case 'straggler-due':
      return attempt;
  }
}

function withoutNote({ note: _note, ...rest }: AttemptRecord): Omit<AttemptRecord, 'note'> {
  return rest;
}

function newAttempt(event: EventOf<'attempt-submitted'>): AttemptRecord {
  const { task, attempt, layer, token, at } = event;
  return { task, attempt, layer, token, state: 'submitted', submittedAt: at };
}

function inState(attempt: AttemptRecord, event: EventOf<'attempt-state'>): AttemptRecord {
  return {
    ...withoutNote(attempt),
    state: event.state,
    ...(event.note === undefined ? {} : { note: event.note }),
    ...(event.state === 'running' ? { startedAt: attempt.startedAt ?? event.at } : {}),
  };
}

function succeededBy(attempt: AttemptRecord, event: EventOf<'attempt-succeeded'>): AttemptRecord {
  const { failure: _failure, ...rest } = withoutNote(attempt);
  return { ...rest, state: 'succeeded', startedAt: event.startedAt, endedAt: event.at };
}

function endedBy(
  attempt: AttemptRecord,
  failure: EventFailure,
  at: number,
  startedAt?: number,
): AttemptRecord {
  return {
    ...withoutNote(attempt),
    state: 'failed',
    ...(startedAt === undefined ? {} : { startedAt }),
    endedAt: at,
    failure,
  };
}

/** What the end of the run makes of an attempt that is still open. */
export function endOpenAttempt(attempt: AttemptRecord, at: number): AttemptRecord {
  if (attempt.endedAt !== undefined) return attempt;
  const message = 'the run ended before this attempt did';
  return endedBy(attempt, { reason: 'cancelled', type: 'cancelled', message }, at);
}
