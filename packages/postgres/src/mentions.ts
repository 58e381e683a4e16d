/** What events speak of, so that it can be read before they are folded, and how much that is. No I/O here. */
import { type ChunkFacts, isChunkEvent, memberAddress, placesOf, type RunEvent } from 'leat/metadata';

/** An attempt that an event speaks of; `attempt` is absent where it speaks of the task alone. */
export interface Mention {
  readonly task: string;
  readonly step: string;
  readonly attempt: number | undefined;
}

/** Chunks by token. */
export type Chunks = ReadonlyMap<string, ChunkFacts>;

/** Tokens of chunks that events speak of without saying what they are. */
export function chunkTokens(events: readonly RunEvent[]): ReadonlySet<string> {
  return new Set(events.filter(isChunkEvent).map(({ token }) => token));
}

/** The chunks that are known, with those that the events begin. */
export function withBegun(known: Chunks, events: readonly RunEvent[]): Chunks {
  const all = new Map(known);
  for (const event of events) {
    if (event.type === 'chunk-submitted' && !all.has(event.token)) all.set(event.token, event);
  }
  return all;
}

/** All that an event may change. */
export function* mentionsOf(event: RunEvent, chunks: Chunks): Generator<Mention> {
  if ('task' in event) {
    const { task } = event;
    yield { task, step: stepOf(task), attempt: 'attempt' in event ? event.attempt : undefined };
  } else if (isChunkEvent(event)) {
    const chunk = chunks.get(event.token);
    if (chunk === undefined) return;
    const { group, attempt } = chunk;
    for (const place of placesIn(event, chunk))
      yield { task: memberAddress(group, place), step: group.step, attempt };
  } else if (event.type === 'tasks-reused') {
    const { group, from, to } = event;
    for (let place = from; place < to; place += 1)
      yield { task: memberAddress(group, place), step: group.step, attempt: undefined };
  }
}

function placesIn(
  event: Extract<RunEvent, { type: `chunk-${string}` }>,
  chunk: ChunkFacts,
): Iterable<number> {
  if (event.type === 'chunk-succeeded') return event.places;
  return event.type === 'chunk-ended' ? event.returned : placesOf(chunk);
}

const stepOf = (task: string): string => /^[^[~]*/.exec(task)?.[0] ?? task;

/** How many tasks an event may change; at least 1, for the event itself. */
function weightOf(event: RunEvent, chunks: Chunks): number {
  if (event.type === 'tasks-reused') return Math.max(1, event.to - event.from);
  if (!isChunkEvent(event)) return 1;
  if (event.type === 'chunk-succeeded') return Math.max(1, event.places.length);
  if (event.type === 'chunk-ended') return Math.max(1, event.returned.length);
  const { places = [] } = chunks.get(event.token) ?? {};
  let sum = 1;
  for (let at = 0; at < places.length; at += 2) sum += Math.max(0, (places[at + 1] ?? 0) - (places[at] ?? 0));
  return sum;
}

/** Events cut where a run ends, and where a statement would become too long: about `most` tasks each. */
export function* pagesOf(
  events: readonly RunEvent[],
  chunks: Chunks,
  most: number,
): Generator<readonly RunEvent[]> {
  let from = 0;
  let weight = 0;
  for (const [index, event] of events.entries()) {
    weight += weightOf(event, chunks);
    if (event.type !== 'run-ended' && weight < most) continue;
    yield events.slice(from, index + 1);
    from = index + 1;
    weight = 0;
  }
  if (from < events.length) yield events.slice(from);
}
