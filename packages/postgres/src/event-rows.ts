/** The log as rows: many neighbouring events in each, since a row costs more than an event. */
import type { RunEvent } from 'leat/metadata';
import type { Statements } from './database.ts';

/** Most events of one row. */
const eventsPerRow = 100;

/** Rows read at a time. */
const rowsPerPage = 10;

/** An event and its place in the log. */
export interface LoggedEvent {
  readonly seq: number;
  readonly event: RunEvent;
}

/** A row of the log, as it is sent. */
export interface EventRow {
  readonly last_seq: number;
  readonly events: string;
}

/** The rows of events that follow sequence number `after`. */
export function eventRows(after: number, events: readonly RunEvent[]): EventRow[] {
  const rows: EventRow[] = [];
  for (let at = 0; at < events.length; at += eventsPerRow) {
    const row = events.slice(at, at + eventsPerRow);
    rows.push({ last_seq: after + at + row.length, events: JSON.stringify(row) });
  }
  return rows;
}

/** The events after a sequence number, in order; reads a few rows at a time. */
export async function* readEvents(
  statements: Statements,
  run: number,
  after: number,
): AsyncGenerator<LoggedEvent> {
  const sql =
    'SELECT last_seq, events FROM leat.events WHERE run = $1 AND last_seq > $2 ORDER BY last_seq LIMIT $3';
  let seen = after;
  for (;;) {
    const rows = await statements.all<EventRow>(sql, run, seen, rowsPerPage);
    for (const row of rows) {
      yield* eventsOf(row, seen);
      seen = row.last_seq;
    }
    if (rows.length < rowsPerPage) return;
  }
}

function* eventsOf(row: EventRow, after: number): Generator<LoggedEvent> {
  const events = JSON.parse(row.events) as RunEvent[];
  const first = row.last_seq - events.length + 1;
  for (const [index, event] of events.entries()) {
    if (first + index > after) yield { seq: first + index, event };
  }
}
