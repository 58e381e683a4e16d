/** The log as rows: many neighbouring events in each, since a row costs more than an event. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { RunEvent } from '../events.ts';
import type { Database } from './database.ts';

/** Most events of one row. */
const eventsPerRow = 100;

/** Most tasks that the events of one row tell of, unless one event tells of more. */
const membersPerRow = 5_000;

/** Longer texts are stored as zstd, which the columns of a chunk's results shrink under several times. */
const longText = 900;
/** Asked for when there is a long text: most runs need no module for compression. */
const compress = (text: string): Uint8Array =>
  zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });

/** Rows read at a time. */
const rowsPerPage = 10;

/** An event and its place in the log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: RunEvent;
}

/** Stores events that follow sequence number `after`. Within a transaction. */
export function writeEvents(
  database: Database,
  run: number,
  after: number,
  events: readonly RunEvent[],
): void {
  const sql = 'INSERT INTO events (run, last_seq, events) VALUES (?, ?, ?)';
  for (let at = 0; at < events.length;) {
    const row = events.slice(at, endOfRow(events, at));
    at += row.length;
    const text = JSON.stringify(row);
    database.run(sql, run, after + at, text.length < longText ? text : compress(text));
  }
}

function endOfRow(events: readonly RunEvent[], from: number): number {
  const most = Math.min(from + eventsPerRow, events.length);
  let members = 0;
  for (let at = from; at < most; at += 1) {
    const event = events[at];
    members += event === undefined ? 0 : tasksIn(event);
    if (members > membersPerRow && at > from) return at;
  }
  return most;
}

/** How many tasks an event has columns of. */
function tasksIn(event: RunEvent): number {
  if (event.type === 'chunk-succeeded') return event.places.length;
  return event.type === 'tasks-reused' && event.results.kind === 'packed' ? event.to - event.from : 0;
}

interface EventRow {
  readonly last_seq: number;
  readonly events: string | Uint8Array;
}

/** The events after a sequence number, in order; reads a few rows at a time. */
export async function* readEvents(
  database: Database,
  run: number,
  after: number,
): AsyncGenerator<LoggedEvent> {
  const sql = 'SELECT last_seq, events FROM events WHERE run = ? AND last_seq > ? ORDER BY last_seq LIMIT ?';
  let seen = after;
  for (;;) {
    const from = seen;
    const rows = await database.read(() => database.all<EventRow>(sql, run, from, rowsPerPage));
    for (const row of rows) {
      yield* eventsOf(row, seen);
      seen = row.last_seq;
    }
    if (rows.length < rowsPerPage) return;
  }
}

function* eventsOf(row: EventRow, after: number): Generator<LoggedEvent> {
  const text = typeof row.events === 'string' ? row.events : zstdDecompressSync(row.events).toString('utf8');
  const events = JSON.parse(text) as RunEvent[];
  const first = row.last_seq - events.length + 1;
  for (const [index, event] of events.entries()) {
    if (first + index > after) yield { seq: first + index, event };
  }
}
