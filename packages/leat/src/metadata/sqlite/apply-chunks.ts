/**
 * Brings the tables up to date with what happened to chunks. As long as a chunk's event says the same of many tasks that have
 * no rows of their own, ranges move and no task is looked at; every other task is folded like any.
 */
import {
  type ChunkEvent,
  type ChunkFacts,
  hasPlace,
  memberAddress,
  memberSuccess,
  ofMember,
} from '../chunk-events.ts';
import type { CountChange } from '../fold/fold-counts.ts';
import type { MemberEvent } from '../task-events.ts';
import {
  type ChunkRange,
  insertChunk,
  insertDoneRange,
  longestRange,
  overlapping,
  placesOfRow,
  placesWithRows,
  readChunk,
  type StoredChunk,
  storedRanges,
  updateChunk,
  writeOpenRanges,
} from './chunk-rows.ts';
import type { Database } from './database.ts';
import { packResults } from './packed-results.ts';
import { pairsOf, pieces, type PlaceRange, rangeOf, rangeSet, removeRange, sizeOf } from './place-ranges.ts';
import { knownPlaces } from './reused-rows.ts';

/** Chunks that a writer keeps in memory. */
const maxKeptChunks = 4_096;

/** A chunk with the places whose tasks are open and have no rows of their own. */
export interface LiveChunk extends StoredChunk {
  job: string | undefined;
  started: boolean;
  /** A set of places; see `place-ranges.ts`. */
  readonly open: number[];
  /** The ranges as the table has them. */
  inTable: ReadonlyMap<number, number>;
  changed: boolean;
}

/** Where a batch of events goes. */
export interface TableBatch {
  readonly database: Database;
  readonly run: number;
  /** By token. */
  readonly chunks: Map<string, LiveChunk>;
}

/** What it does to tasks, as far as chunks need it. */
export interface ChunkBatch extends TableBatch {
  /** Folds an event about one task, unless the chunk no longer speaks for it. */
  apply(chunk: StoredChunk, event: ChunkEvent, member: MemberEvent): void;
  /** Counts tasks that have no rows and all do the same. */
  readonly count: (step: string, change: CountChange) => void;
  /** Writes what is changed so far, so that the tables tell all. */
  flush(): void;
}

/** Applies the event of a chunk. */
export function applyToChunk(batch: ChunkBatch, event: ChunkEvent): void {
  const chunk = liveChunk(batch, event.token);
  if (event.type === 'chunk-submitted') {
    if (chunk === undefined) submit(batch, event);
    return;
  }
  if (chunk === undefined) return;
  switch (event.type) {
    case 'chunk-accepted':
      chunk.job = event.job;
      updateChunk(batch.database, chunk);
      applyToRows(batch, chunk, event);
      return;
    case 'chunk-started':
      start(batch, chunk);
      applyToRows(batch, chunk, event);
      return;
    case 'chunk-succeeded':
      succeed(batch, chunk, event);
      return;
    case 'chunk-ended':
      for (const place of event.returned)
        if (hasPlace(chunk.facts, place)) applyAlone(batch, chunk, event, place);
  }
}

/** A chunk from memory or the tables. */
export function liveChunk(batch: TableBatch, token: string): LiveChunk | undefined {
  const kept = batch.chunks.get(token);
  if (kept !== undefined) return kept;
  const stored = readChunk(batch.database, batch.run, token);
  if (stored === undefined) return undefined;
  const inTable = new Map(
    rangeSpans(stored.facts).flatMap((span) =>
      overlapping<ChunkRange>(batch.database, 'open_ranges', {
        run: batch.run,
        group: stored.facts.group,
        ...span,
      })
        .filter((row) => row.chunk === stored.key)
        .map((row) => [placesOfRow(row).from, row.count]),
    ),
  );
  const open = rangeSet([...inTable].flatMap(([from, count]) => [from, from + count]));
  const chunk = { ...stored, open, inTable, changed: false };
  if (open.length > 0) batch.chunks.set(token, chunk);
  return chunk;
}

const rangeSpans = ({ places }: ChunkFacts): readonly PlaceRange[] => pairsOf(rangeSet(places));

function submit(batch: ChunkBatch, event: Extract<ChunkEvent, { type: 'chunk-submitted' }>): void {
  batch.flush();
  const { database, run } = batch;
  const open = rangeSet(event.places);
  const { group } = event;
  // They ran before, and this is another try.
  const known = pairsOf(open).flatMap((span) => [...knownPlaces(database, { run, group, ...span })]);
  for (const place of known) {
    if (rangeOf(open, place) !== undefined) removeRange(open, { from: place, to: place + 1 });
  }
  const key = insertChunk(database, run, event);
  const facts = event;
  const chunk = { key, facts, job: undefined, started: false, open, inTable: new Map(), changed: true };
  batch.chunks.set(event.token, chunk);
  batch.count(event.group.step, { tasks: sizeOf(open), from: undefined, to: 'submitted' });
  for (const place of known) applyAlone(batch, chunk, event, place);
}

function start({ database, count }: ChunkBatch, chunk: LiveChunk): void {
  if (chunk.started) return;
  chunk.started = true;
  updateChunk(database, chunk);
  count(chunk.facts.group.step, { tasks: sizeOf(chunk.open), from: 'submitted', to: 'running' });
}

/** Applies an event to the members of a chunk that have rows of their own. */
function applyToRows(
  batch: ChunkBatch,
  chunk: LiveChunk,
  event: Extract<ChunkEvent, { type: 'chunk-accepted' | 'chunk-started' }>,
): void {
  batch.flush();
  const { database, run } = batch;
  for (const span of rangeSpans(chunk.facts)) {
    for (const place of placesWithRows(database, { run, group: chunk.facts.group, ...span }))
      applyAlone(batch, chunk, event, place);
  }
}

function applyAlone(
  batch: ChunkBatch,
  chunk: LiveChunk,
  event: Exclude<ChunkEvent, { type: 'chunk-succeeded' }>,
  place: number,
): void {
  const { facts } = chunk;
  batch.apply(chunk, event, ofMember(facts, event, memberAddress(facts.group, place)));
}

type Success = Extract<ChunkEvent, { type: 'chunk-succeeded' }>;

function succeed(batch: ChunkBatch, chunk: LiveChunk, event: Success): void {
  const { places } = event;
  for (let index = 0; index < places.length;) {
    const place = places[index] ?? 0;
    const range = rangeOf(chunk.open, place);
    if (range === undefined) {
      if (hasPlace(chunk.facts, place)) batch.apply(chunk, event, memberSuccess(chunk.facts, event, index));
      index += 1;
      continue;
    }
    let end = index + 1;
    while (end < places.length && places[end] === place + end - index && place + end - index < range.to)
      end += 1;
    succeedTogether(batch, chunk, event, { from: index, to: end });
    index = end;
  }
}

/** Neighbours that are open and have no rows: entries `from` to `to` of the event's columns. */
function succeedTogether(
  { database, run, count }: ChunkBatch,
  chunk: LiveChunk,
  event: Success,
  { from, to }: PlaceRange,
): void {
  const first = event.places[from] ?? 0;
  for (const piece of pieces({ from, to }, longestRange)) {
    const place = first + piece.from - from;
    insertDoneRange(database, run, chunk, {
      from: place,
      to: place + piece.to - piece.from,
      outcome: event.outcome.kind,
      results: packResults(event, piece.from, piece.to),
    });
  }
  removeRange(chunk.open, { from: first, to: first + to - from });
  chunk.changed = true;
  count(chunk.facts.group.step, {
    tasks: to - from,
    from: chunk.started ? 'running' : 'submitted',
    to: 'succeeded',
    startedAt: least(event.startedAt, from, to),
    endedAt: greatest(event.endedAt, from, to),
  });
}

function least(numbers: readonly number[], from: number, to: number): number {
  let found = Number.POSITIVE_INFINITY;
  for (let index = from; index < to; index += 1) found = Math.min(found, numbers[index] ?? 0);
  return found;
}

function greatest(numbers: readonly number[], from: number, to: number): number {
  let found = Number.NEGATIVE_INFINITY;
  for (let index = from; index < to; index += 1) found = Math.max(found, numbers[index] ?? 0);
  return found;
}

/** Writes the open places of chunks that have changed, and forgets the chunks that have none left. */
export function flushChunks({ database, run, chunks }: TableBatch): void {
  for (const chunk of chunks.values()) {
    if (!chunk.changed) continue;
    const now = storedRanges(chunk.open);
    writeOpenRanges(database, run, chunk, { before: chunk.inTable, now });
    chunk.inTable = now;
    chunk.changed = false;
    if (chunk.open.length === 0) chunks.delete(chunk.facts.token);
  }
}

/** Takes a place out of a chunk's ranges: its task is about to have a row of its own. */
export function takeOut(chunk: LiveChunk, place: number): void {
  removeRange(chunk.open, { from: place, to: place + 1 });
  chunk.changed = true;
}

/** Forgets the chunks that were first met longest ago, when there are too many. Call it when all is written. */
export function boundChunks(chunks: Map<string, LiveChunk>): void {
  for (const token of chunks.keys()) {
    if (chunks.size <= maxKeptChunks) return;
    chunks.delete(token);
  }
}
