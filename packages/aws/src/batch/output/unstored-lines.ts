/**
 * What a container printed and its agent could not store any more: the lines of the platform's log without those that were stored. Both are in the
 * order in which they were printed, but for lines of the two streams, which may pass each other; and the platform's log has whole lines, no empty ones, and
 * what was printed before the agent was there. Holds a bounded part of either. Pure, over whatever they are read from.
 */
import type { LogChunk } from 'leat/compute';
import { StoredLines } from './stored-lines.ts';

/**
 * The missing end of an output.
 *
 * @param stored chunks that were stored, from the first
 * @param lines of the platform's log, from the first
 */
export async function* unstoredLines(
  stored: AsyncIterable<LogChunk>,
  lines: AsyncIterable<string>,
): AsyncGenerator<LogChunk, void, undefined> {
  const known = new StoredLines(stored);
  for await (const line of lines) {
    if (line.trim() === '' || (await known.take(line))) continue;
    const rest = known.restOf(line);
    if (rest !== undefined) yield rest;
  }
}
