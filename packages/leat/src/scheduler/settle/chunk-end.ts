/** What the end of a chunk's job means for those of its members that have left no result. Pure. */
import type { RunEvent } from '../../metadata/events.ts';
import { endOfAttempt, type JobEnd } from './attempt-end.ts';
import { memberPlace, memberTask, openMembers } from '../flights/chunk-flight.ts';
import type { ChunkFlight } from '../flights/flight.ts';
import { payerOf } from '../policy/retry.ts';
import type { Diagnosis } from '../../compute/compute-layer.ts';

/** Who pays for the end of the job: the member that ran when it ended, all that are left, or none of them. */
type Blame = 'first' | 'all' | 'none';

/**
 * See {@link Blame}. Of a job that was cancelled or refused nothing is tried again. One that could not be started costs each member one of
 * the platform's tries, since none has begun: they all wait before they are tried again, and not for ever.
 */
function blameOf({ cancelled, work }: ChunkFlight, end: JobEnd): Blame {
  const reason = end.state === 'failed' ? end.reason : undefined;
  if (cancelled || reason === 'cancelled' || reason === 'refused' || reason === 'start-failed') return 'all';
  return work.endedEarly ? 'none' : 'first';
}

/** Whether the end of the job is nobody's doing who could say why. */
export function isStrange({ cancelled, work }: ChunkFlight, end: JobEnd): boolean {
  if (end.state === 'succeeded' || cancelled || work.endedEarly) return false;
  return end.reason !== 'cancelled' && end.reason !== 'refused';
}

/**
 * The events of the end: how those members ended that pay for it, and last the chunk itself. All others go back to be handed over
 * again. A chunk that dies always costs one of its members a try, so that it cannot die for ever; where that member was not begun
 * yet, one of the platform's.
 */
export function endOfChunk(
  flight: ChunkFlight,
  given: JobEnd,
  diagnosis?: Diagnosis,
): readonly [...RunEvent[], RunEvent] {
  const { work, cancelled, token } = flight;
  const open = openMembers(work);
  const blame = blameOf(flight, given);
  const blamed = blame === 'all' ? open : blame === 'first' ? open.slice(0, 1) : [];
  const unbegun = blame === 'first' && isUnbegun(open[0], given);
  const end = unbegun ? betweenMembers(given) : given;
  const overdue = flight.overdueSince !== undefined && !unbegun;
  const isBegun = !work.endedEarly && !isUnbegun(open[0], given);
  const failures = blamed.map((member, index) => {
    const ending = {
      task: memberTask(work, member),
      attempt: work.attempt,
      manifest: '',
      cancelled,
      overdue,
    };
    if (cancelled && (index > 0 || !isBegun))
      return endOfAttempt({ ...ending, overdue: false }, neverBegun(end), undefined);
    return endOfAttempt(ending, end, undefined, diagnosis);
  });
  const returned = open.slice(blamed.length).map((member) => memberPlace(work, member));
  return [...failures, { type: 'chunk-ended', at: end.endedAt, token, returned }];
}

/** Between the end of one member and the begin of the next nobody's code runs but Leat's. */
const isUnbegun = (member: number | undefined, { member: last }: JobEnd): boolean =>
  member !== undefined && last !== undefined && member > last;

function betweenMembers(end: JobEnd): JobEnd {
  if (end.state === 'failed' && payerOf({ ...end, type: end.reason }) === 'platform') return end;
  const how = end.state === 'failed' ? end.message : 'it left no result for it';
  const { endedAt } = end;
  return { state: 'failed', reason: 'lost', message: `its process ended before it began: ${how}`, endedAt };
}

/** What ended the member that ran, a time limit say, is nothing to those after it. */
const neverBegun = ({ endedAt }: JobEnd): JobEnd => ({
  state: 'failed',
  reason: 'cancelled',
  message: 'its process was ended before its turn came',
  endedAt,
});
