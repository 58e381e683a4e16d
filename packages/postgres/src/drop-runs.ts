/**
 * Forgets runs. A run disappears in one short transaction; its rows, which may be millions, go afterwards in pages, so
 * that no statement takes long. What a crash leaves is removed with the next run that is forgotten.
 */
import { isLeatError } from 'leat/metadata';
import type { Database, Statements } from './database.ts';
import { requireFree } from './leases.ts';

/** Makes a run invisible. Throws `LEASE_LOST` when somebody drives it, `NOT_FOUND`. */
export async function dropRun(database: Database, flow: string, run: string): Promise<void> {
  await database.transaction(async (statements, again) => {
    const key = await requireFree(statements, { flow, run }).catch((error: unknown) => {
      // Its answer got lost, but it was done.
      if (again && isLeatError(error) && error.code === 'NOT_FOUND') return undefined;
      throw error;
    });
    if (key !== undefined) await hide(statements, key);
  });
}

async function hide(statements: Statements, key: number): Promise<void> {
  await statements.all('DELETE FROM leat.runs WHERE key = $1', key);
  for (const table of ['leases', 'tags', 'step_counts'])
    await statements.all(`DELETE FROM leat.${table} WHERE run = $1`, key);
  await statements.all('INSERT INTO leat.dropped (run) VALUES ($1)', key);
}

/** Tables with many rows a run, and how many of them go at a time: a row of events is long. */
const pages = [
  { table: 'events', rows: 500 },
  { table: 'tasks', rows: 5_000 },
  { table: 'attempts', rows: 5_000 },
  { table: 'chunks', rows: 5_000 },
] as const;

/** Removes the rows of all runs that were dropped. */
export async function sweepDropped(database: Database): Promise<void> {
  const dropped = await database.all<{ run: number }>('SELECT run FROM leat.dropped');
  for (const { run } of dropped) {
    for (const { table, rows } of pages) {
      let removed: number = rows;
      while (removed > 0) removed = await sweep(database, run, table, rows);
    }
    await database.all('DELETE FROM leat.dropped WHERE run = $1', run);
  }
}

async function sweep(database: Database, run: number, table: string, rows: number): Promise<number> {
  const sql = `
    WITH gone AS (
      DELETE FROM leat.${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM leat.${table} WHERE run = $1 LIMIT $2)) RETURNING 1
    )
    SELECT count(*) AS removed FROM gone`;
  return (await database.get<{ removed: number }>(sql, run, rows))?.removed ?? 0;
}
