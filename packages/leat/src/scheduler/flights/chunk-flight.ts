import { LeatError } from '../../errors/index.ts';
import type { TaskGroup } from '../../metadata/events.ts';
import { memberAddress } from '../../metadata/chunk-events.ts';
import { type ChunkFlight, type ChunkWork, grounded } from './flight.ts';
import { eachPlace, type PlaceRanges } from '../state/place-ranges.ts';
import type { TaskPieces } from '../specs/task-spec-of.ts';

/** A chunk as its command or the state tells of it. */
export interface ChunkFacts {
  readonly group: TaskGroup;
  readonly attempt: number;
  readonly places: PlaceRanges;
  readonly pack: string;
  readonly token: string;
  readonly name: string;
  readonly timeoutSeconds: number | undefined;
}

/** The flight of a chunk at its start; `pieces` are its members', when it is to be handed over. */
export function makeChunkFlight(facts: ChunkFacts, pieces?: readonly TaskPieces[]): ChunkFlight {
  const { group, attempt, pack, token, name, timeoutSeconds } = facts;
  const places = [...eachPlace(facts.places)];
  const decided = new Uint8Array(places.length);
  const work: ChunkWork = { group, attempt, pack, places, decided, pieces, read: 0, endedEarly: false };
  return {
    kind: 'chunk',
    token,
    name,
    step: group.step,
    timeoutSeconds,
    work,
    member: undefined,
    progressedAt: 0,
    ...grounded,
  };
}

/** Where in its foreach a member stands. @throws LeatError INTERNAL when the chunk has no such member. */
export function memberPlace({ places, pack }: ChunkWork, member: number): number {
  const place = places[member];
  if (place === undefined)
    throw new LeatError(
      'INTERNAL',
      `the chunk of '${pack}' has ${places.length} members, and none is ${member}`,
    );
  return place;
}

/** The address of a member. */
export const memberTask = (work: ChunkWork, member: number): string =>
  memberAddress(work.group, memberPlace(work, member));

/** The members of which nothing is known yet, in the order of work. */
export function openMembers({ decided }: ChunkWork): readonly number[] {
  const open: number[] = [];
  for (let member = decided.indexOf(0); member >= 0; member = decided.indexOf(0, member + 1))
    open.push(member);
  return open;
}
