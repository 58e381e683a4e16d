import { createHash } from 'node:crypto';
import type { RunRecord } from '../../metadata/metadata-store.ts';

/**
 * The name of an attempt on every platform: 32 hex digits, always the same for the same attempt, different for equal
 * addresses of two people who share a queue but not their metadata.
 */
export function attemptToken(
  run: Pick<RunRecord, 'datastore' | 'flow' | 'id' | 'createdAt'>,
  attempt: string,
): string {
  const facts = [run.datastore, run.flow, run.id, run.createdAt, attempt].join('\n');
  return createHash('sha256').update(facts).digest('hex').slice(0, 32);
}
