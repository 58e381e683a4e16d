/** Chunks as rows: what the event that began each says of it. */
import type { ChunkFacts } from 'leat/metadata';
import type { Statements } from './database.ts';

/** A row of `chunks`, as it is sent. */
export interface ChunkRow {
  readonly token: string;
  readonly facts: string;
}

export function chunkRow(facts: ChunkFacts): ChunkRow {
  return { token: facts.token, facts: JSON.stringify(facts) };
}

/** Chunks by their tokens; those that are not there are missing. */
export async function readChunks(
  statements: Statements,
  run: number,
  tokens: readonly string[],
): Promise<ReadonlyMap<string, ChunkFacts>> {
  if (tokens.length === 0) return new Map();
  const sql = 'SELECT token, facts FROM leat.chunks WHERE run = $1 AND token = ANY ($2::text[])';
  const rows = await statements.all<ChunkRow>(sql, run, tokens);
  return new Map(rows.map(({ token, facts }) => [token, JSON.parse(facts) as ChunkFacts]));
}
