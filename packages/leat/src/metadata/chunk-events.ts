/**
 * What the events of a chunk say of each of its members, as events about one attempt: the meaning of a bulk event is that of
 * these, one after the other. A store may apply them one by one, or in bulk as long as nobody can tell.
 */
import type { RunEvent, TaskGroup } from './events.ts';
import type { AttemptEvent, MemberEvent } from './task-events.ts';
import type { AttemptRecord } from './metadata-store.ts';
import { formatTaskKey } from './task-key.ts';

/** An event about a chunk. */
export type ChunkEvent = Extract<RunEvent, { readonly type: `chunk-${string}` }>;

/** A chunk, as the event that began it tells of it. A second one with the same token says nothing. */
export type ChunkFacts = Extract<RunEvent, { readonly type: 'chunk-submitted' }>;

/** Whether an event is about a chunk. */
export function isChunkEvent(event: RunEvent): event is ChunkEvent {
  return event.type.startsWith('chunk-');
}

/** The address of a member by its place. */
export function memberAddress({ step, path, iteration }: TaskGroup, place: number): string {
  return formatTaskKey({ step, path: [...path, place], iteration });
}

/** A chunk's places one by one, in the order of work. */
export function* placesOf({ places }: Pick<ChunkFacts, 'places'>): Generator<number> {
  for (let at = 0; at < places.length; at += 2) {
    const to = places[at + 1] ?? 0;
    for (let place = places[at] ?? 0; place < to; place += 1) yield place;
  }
}

/** Whether a place is one of a chunk's. */
export function hasPlace({ places }: Pick<ChunkFacts, 'places'>, place: number): boolean {
  for (let at = 0; at < places.length; at += 2) {
    if (place >= (places[at] ?? 0) && place < (places[at + 1] ?? 0)) return true;
  }
  return false;
}

/**
 * What an event says of the members that it is about. Of one whose attempt is no longer the chunk's ({@link speaksFor}) it
 * says nothing.
 */
export function* memberEvents(chunk: ChunkFacts, event: ChunkEvent): Generator<MemberEvent> {
  const { group } = chunk;
  switch (event.type) {
    case 'chunk-submitted':
    case 'chunk-accepted':
    case 'chunk-started':
      for (const place of placesOf(chunk)) yield ofMember(chunk, event, memberAddress(group, place));
      return;
    case 'chunk-succeeded':
      for (let index = 0; index < event.places.length; index += 1) {
        if (hasPlace(chunk, event.places[index] ?? -1)) yield memberSuccess(chunk, event, index);
      }
      return;
    case 'chunk-ended':
      for (const place of event.returned) {
        if (hasPlace(chunk, place)) yield ofMember(chunk, event, memberAddress(group, place));
      }
  }
}

/** What an event that says the same of many members says of one. */
export function ofMember(
  { attempt, layer, token }: ChunkFacts,
  event: Exclude<ChunkEvent, { readonly type: 'chunk-succeeded' }>,
  task: string,
): MemberEvent {
  const { at } = event;
  switch (event.type) {
    case 'chunk-submitted':
      return { type: 'attempt-submitted', at, task, attempt, layer, token };
    case 'chunk-accepted':
      return { type: 'attempt-accepted', at, task, attempt, job: event.job };
    case 'chunk-started':
      return { type: 'member-started', at, task, attempt };
    case 'chunk-ended':
      return { type: 'member-returned', at, task, attempt };
  }
}

/** What a `chunk-succeeded` says of the member in row `index` of its columns. */
export function memberSuccess(
  { group, attempt, pack }: ChunkFacts,
  { outcome, places, offsets, lengths, startedAt, endedAt }: Extract<ChunkEvent, { type: 'chunk-succeeded' }>,
  index: number,
): AttemptEvent {
  return {
    type: 'attempt-succeeded',
    at: endedAt[index] ?? 0,
    task: memberAddress(group, places[index] ?? 0),
    attempt,
    manifest: `${pack}#${offsets[index] ?? 0}+${lengths[index] ?? 0}`,
    outcome,
    startedAt: startedAt[index] ?? 0,
  };
}

/**
 * Whether a chunk's event still says something of a member, whose attempt of that number is given: not when the attempt is
 * another job's, or was returned; and that it started or is returned, not when it has ended.
 */
export function speaksFor(
  { token }: ChunkFacts,
  event: ChunkEvent,
  attempt: AttemptRecord | undefined,
): boolean {
  if (event.type === 'chunk-submitted') return true;
  if (attempt?.token !== token || attempt.state === 'returned') return false;
  const afterTheEnd = event.type === 'chunk-accepted' || event.type === 'chunk-succeeded';
  return afterTheEnd || attempt.endedAt === undefined;
}
