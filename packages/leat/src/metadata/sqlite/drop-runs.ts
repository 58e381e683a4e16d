/**
 * Forgets runs. A run disappears in one short transaction; its rows, which may be millions, go afterwards in pages, so
 * that other processes never wait long. What a crash leaves is removed with the next run that is forgotten.
 */
import type { Database } from './database.ts';
import { requireFree } from './leases.ts';

/** Makes a run invisible. Within a transaction. Throws `LEASE_LOST` when somebody drives it, `NOT_FOUND`. */
export function dropRun(database: Database, flow: string, run: string, now: number): void {
  const key = requireFree(database, flow, run, now);
  database.run('DELETE FROM runs WHERE key = ?', key);
  database.run('DELETE FROM leases WHERE run = ?', key);
  database.run('DELETE FROM tags WHERE run = ?', key);
  database.run('DELETE FROM step_counts WHERE run = ?', key);
  database.run('INSERT INTO dropped (run) VALUES (?)', key);
}

/** What is removed in one transaction. */
interface Page {
  readonly sql: string;
  readonly rows: number;
}

const pages: readonly Page[] = [
  {
    sql: 'DELETE FROM events WHERE run = ?1 AND last_seq IN (SELECT last_seq FROM events WHERE run = ?1 LIMIT ?2)',
    rows: 200,
  },
  {
    sql: `DELETE FROM tasks WHERE run = ?1 AND (step, path, iteration) IN
      (SELECT step, path, iteration FROM tasks WHERE run = ?1 LIMIT ?2)`,
    rows: 5_000,
  },
  {
    sql: `DELETE FROM attempts WHERE run = ?1 AND (step, path, iteration, number) IN
      (SELECT step, path, iteration, number FROM attempts WHERE run = ?1 LIMIT ?2)`,
    rows: 5_000,
  },
  {
    sql: `DELETE FROM open_ranges WHERE run = ?1 AND (step, path, iteration) IN
      (SELECT step, path, iteration FROM open_ranges WHERE run = ?1 LIMIT ?2)`,
    rows: 5_000,
  },
  {
    sql: 'DELETE FROM done_ranges WHERE key IN (SELECT key FROM done_ranges WHERE run = ?1 LIMIT ?2)',
    rows: 500,
  },
  {
    sql: 'DELETE FROM reused_ranges WHERE key IN (SELECT key FROM reused_ranges WHERE run = ?1 LIMIT ?2)',
    rows: 500,
  },
  {
    sql: 'DELETE FROM chunks WHERE key IN (SELECT key FROM chunks WHERE run = ?1 LIMIT ?2)',
    rows: 5_000,
  },
];

/** Removes the rows of all runs that were dropped. */
export async function sweepDropped(database: Database): Promise<void> {
  const dropped = await database.read(() => database.all<{ run: number }>('SELECT run FROM dropped'));
  for (const { run } of dropped) {
    for (const page of pages) await sweep(database, run, page);
    await database.write(() => database.run('DELETE FROM dropped WHERE run = ?', run));
  }
}

async function sweep(database: Database, run: number, { sql, rows }: Page): Promise<void> {
  let removed = rows;
  while (removed === rows) removed = await database.write(() => database.run(sql, run, rows));
}
