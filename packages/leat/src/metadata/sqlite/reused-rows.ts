/** Items that a resumed run took over together, as ranges: what their rows would tell, told once for all of them. */
import { memberAddress } from '../chunk-events.ts';
import type { EventOutcome, PlainOutcome, ReusedResults } from '../events.ts';
import { type ItemsReused, reusedManifest } from '../reused-items.ts';
import { sortablePath } from '../task-key.ts';
import { type GroupSpan, longestRange, overlapping, placesOfRow, placesWithRows } from './chunk-rows.ts';
import type { Database } from './database.ts';
import { packPlaces, unpackPlaces } from './packed-results.ts';
import { pieces, type PlaceRange } from './place-ranges.ts';
import type { TaskEntry } from '../stored-task.ts';

/** A row of `reused_ranges`. */
export interface ReusedRow {
  readonly step: string;
  /** Of the first task. */
  readonly path: string;
  readonly iteration: number;
  readonly count: number;
  readonly at: number;
  readonly origin_run: string;
  readonly outcome: string;
  readonly before: string;
  readonly after: string | null;
  readonly results: Uint8Array | null;
}

/** Stores the items `from` to `to` of an event. */
export function insertReused(database: Database, run: number, event: ItemsReused, span: PlaceRange): void {
  const { group, at, originRun, outcome, results } = event;
  for (const { from, to } of pieces(span, longestRange)) {
    const isNamed = results.kind === 'named';
    database.run(
      `INSERT INTO reused_ranges (run, step, path, iteration, count, at, origin_run, outcome, before, after, results)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run,
      group.step,
      sortablePath([...group.path, from]),
      group.iteration,
      to - from,
      at,
      originRun,
      outcome.kind,
      isNamed ? results.before : results.pack,
      isNamed ? results.after : null,
      isNamed ? null : packPlaces(results, from - event.from, to - event.from),
    );
  }
}

/** Reads the tasks of a row by place; what the row tells is taken apart once. */
export function reusedReader(row: ReusedRow): (place: number) => TaskEntry {
  const { step, iteration, at, origin_run: originRun, outcome: kind } = row;
  const { prefix, from } = placesOfRow(row);
  const group = { step, path: prefix, iteration };
  const results = resultsOf(row);
  const outcome: EventOutcome = { kind: kind as PlainOutcome['kind'] };
  const done = { status: 'succeeded', attempts: 0, caught: false } as const;
  return (place) => ({
    task: {
      task: memberAddress(group, place),
      step,
      path: [...prefix, place],
      iteration,
      ...done,
      createdAt: at,
      manifest: reusedManifest(results, place - from, place),
      outcome,
      endedAt: at,
      originRun,
    },
    newest: undefined,
  });
}

function resultsOf({ before, after, results }: ReusedRow): ReusedResults {
  if (results === null) return { kind: 'named', before, after: after ?? '' };
  return { kind: 'packed', pack: before, ...unpackPlaces(results) };
}

/** The places of a span of which something is known already, in rows or ranges. */
export function knownPlaces(database: Database, span: GroupSpan): Set<number> {
  const known = new Set(placesWithRows(database, span));
  for (const table of ['open_ranges', 'done_ranges', 'reused_ranges'] as const) {
    for (const row of overlapping(database, table, span)) {
      const { from, to } = placesOfRow(row);
      const end = Math.min(to, span.to);
      for (let place = Math.max(from, span.from); place < end; place += 1) known.add(place);
    }
  }
  return known;
}
