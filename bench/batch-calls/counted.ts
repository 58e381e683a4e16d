/** How often each call of Batch's API was made meanwhile. */
import type { BatchServer } from '@leat/testing';

/** What some work cost the API. */
export interface Counted {
  /** From the first call to the last answer, or of the whole command. */
  readonly seconds: number;
  /** By their names in lower case, as the stand-in counts them. */
  readonly calls: Readonly<Record<string, number>>;
}

/** Does the work, and counts. Nothing else may use the server meanwhile. */
export async function counting(server: BatchServer, work: () => void | Promise<void>): Promise<Counted> {
  const before = await server.calls();
  const since = performance.now();
  await work();
  const seconds = (performance.now() - since) / 1000;
  const after = await server.calls();
  const calls = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return { seconds, calls: Object.fromEntries(calls) };
}

/** Calls of one name, as AWS spells it. */
export const callsOf = ({ calls }: Counted, operation: string): number => calls[operation.toLowerCase()] ?? 0;

/** Calls of all names. */
export const allCalls = ({ calls }: Counted): number =>
  Object.values(calls).reduce((sum, count) => sum + count, 0);
