/** The log as rows: many neighbouring events in each, since a row costs more than an event. */
import type { RunEvent } from '../events.ts';
import type { Database } from './database.ts';

/** Most events of one row. */
const eventsPerRow = 100;

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
  for (let at = 0; at < events.length; at += eventsPerRow) {
    const row = events.slice(at, at + eventsPerRow);
    const sql = 'INSERT INTO events (run, last_seq, events) VALUES (?, ?, ?)';
    database.run(sql, run, after + at + row.length, JSON.stringify(row));
  }
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
    const rows = await database.read(() =>
      database.all<{ last_seq: number; events: string }>(sql, run, from, rowsPerPage),
    );
    for (const row of rows) {
      yield* eventsOf(row, seen);
      seen = row.last_seq;
    }
    if (rows.length < rowsPerPage) return;
  }
}

function* eventsOf(
  row: { readonly last_seq: number; readonly events: string },
  after: number,
): Generator<LoggedEvent> {
  const events = JSON.parse(row.events) as RunEvent[];
  const first = row.last_seq - events.length + 1;
  for (const [index, event] of events.entries()) {
    if (first + index > after) yield { seq: first + index, event };
  }
}
