import { LeatError } from '../../errors/index.ts';
import type { RunEvent } from '../../metadata/events.ts';
import { advance } from './advance.ts';
import { memberAddress } from '../../metadata/chunk-events.ts';
import { packOf } from '../state/finished.ts';
import { leaveChunk } from './issue.ts';
import { notePace } from './pace.ts';
import { countPlaces, firstPlace, hasPlace, type PlaceRanges, samePlaces } from '../state/place-ranges.ts';
import { changePlaces } from './places.ts';
import { type Chunk, countOf, type SchedulerState, type Task } from '../state/state.ts';
import { fitsOutcome } from './step-outcome.ts';
import { nodeOf } from '../state/step-table.ts';
import { defect, makeReady, remember } from './tasks.ts';

type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

/** An event about a chunk as a whole. */
export type ChunkEvent = Extract<RunEvent, { readonly type: `chunk-${string}` }>;

/** The chunk that an event is about, when it comes in time to mean anything. */
export function timelyChunk(state: SchedulerState, event: ChunkEvent): Chunk | undefined {
  if (event.type === 'chunk-submitted') return issuedChunk(state, event);
  const chunk = state.chunks.get(event.token);
  if (chunk === undefined) return undefined;
  switch (event.type) {
    case 'chunk-accepted':
      return chunk.job === undefined ? chunk : undefined;
    case 'chunk-started':
      return chunk.startedAt === undefined ? chunk : undefined;
    case 'chunk-succeeded':
      return event.places.some((place) => openAt(state, chunk, place) !== undefined) ? chunk : undefined;
    case 'chunk-ended':
      return chunk;
  }
}

function issuedChunk(state: SchedulerState, event: EventOf<'chunk-submitted'>): Chunk | undefined {
  const first = state.active.get(memberAddress(event.group, firstPlace(event.places)));
  const chunk = first?.chunk;
  if (first === undefined || chunk === undefined) return undefined;
  if (chunk.token !== undefined || chunk.attempt !== event.attempt) return undefined;
  if (!samePlaces(chunk.places, event.places))
    throw defect(
      first,
      `its chunk was issued with the places ${list(chunk.places)}, and handed over with ${list(event.places)}`,
    );
  return chunk;
}

const list = (places: PlaceRanges): string => JSON.stringify(places);

/** A member that is not decided yet. @throws LeatError INTERNAL for a place that is none of the chunk's. */
function openAt(state: SchedulerState, chunk: Chunk, place: number): Task | undefined {
  const task = chunk.open.get(place);
  if (task === undefined && !hasPlace(chunk.places, place))
    throw new LeatError(
      'INTERNAL',
      `'${memberAddress(chunk.group, place)}' is no member of the chunk with the places ${list(chunk.places)} in '${state.flow}/${state.run}'`,
    );
  return task;
}

/** What happened to a chunk. */
export function applyToChunk(state: SchedulerState, event: ChunkEvent): void {
  const chunk = timelyChunk(state, event);
  if (chunk === undefined) return;
  switch (event.type) {
    case 'chunk-submitted':
      onSubmitted(state, chunk, event);
      return;
    case 'chunk-accepted':
      chunk.job = event.job;
      return;
    case 'chunk-started':
      onStarted(state, chunk, event.at);
      return;
    case 'chunk-succeeded':
      onSucceeded(state, chunk, event);
      return;
    case 'chunk-ended':
      onEnded(state, chunk, event);
  }
}

function onSubmitted(state: SchedulerState, chunk: Chunk, event: EventOf<'chunk-submitted'>): void {
  chunk.token = event.token;
  chunk.pack = event.pack;
  state.chunks.set(event.token, chunk);
  for (const task of chunk.open.values()) {
    remember(task, event);
    task.phase = 'submitted';
  }
}

function onStarted(state: SchedulerState, chunk: Chunk, at: number): void {
  chunk.startedAt = at;
  if (chunk.open.size === 0) return;
  const count = countOf(state, chunk.step);
  count.running += 1;
  count.startedAt ??= at;
}

function onSucceeded(state: SchedulerState, chunk: Chunk, event: EventOf<'chunk-succeeded'>): void {
  const { places, offsets, lengths, outcome } = event;
  const { step, attempt, group, pack } = chunk;
  if (pack === undefined) throw new LeatError('INTERNAL', `'${event.token}' has results, and no pack`);
  const { next } = nodeOf(state.table, step);
  const keep = packOf(state.finished, pack, { step, iteration: group.iteration, attempt });
  const count = countOf(state, step);
  let decided = 0;
  for (let at = 0; at < places.length; at += 1) {
    const task = openAt(state, chunk, places[at] as number);
    if (task === undefined) continue;
    if (!fitsOutcome(next, outcome))
      throw defect(task, `its outcome '${outcome.kind}' is not what the graph allows`);
    leaveChunk(state, chunk, task);
    state.active.delete(task.address);
    count.inFlight -= 1;
    count.succeeded += 1;
    decided += 1;
    const finished = keep(offsets[at] as number, lengths[at] as number);
    advance(state, { from: task, finished, reused: false }, outcome);
  }
  count.startedAt ??= event.startedAt[0];
  notePace(state, step, decided, spanOf(event));
}

/** The time between tasks counts as well: to the next one it is as good as work. */
function spanOf({ startedAt, endedAt }: EventOf<'chunk-succeeded'>): number {
  let first = Infinity;
  let last = -Infinity;
  for (const at of startedAt) first = Math.min(first, at);
  for (const at of endedAt) last = Math.max(last, at);
  return Math.max(0, last - first);
}

function onEnded(state: SchedulerState, chunk: Chunk, event: EventOf<'chunk-ended'>): void {
  const back = event.returned.flatMap((place) => openAt(state, chunk, place) ?? []);
  const [first] = back;
  if (first !== undefined && back.length === countPlaces(chunk.places))
    throw defect(first, 'its chunk gave all its members back, and would do so for ever');
  const count = countOf(state, chunk.step);
  for (const task of back) {
    remember(task, event);
    leaveChunk(state, chunk, task);
    count.inFlight -= 1;
    count.waiting += 1;
    makeReady(state, task);
  }
  const [left] = chunk.open.values();
  if (left !== undefined) throw defect(left, 'its chunk has ended, and nothing says what became of it');
  state.chunks.delete(event.token);
  changePlaces(state, chunk.step, -1);
}
