/** How long the tools that run tasks on other machines stay in a datastore: programs of Leat, and Nodes. They are named by their content, and many runs use the same. */
import type { ObjectFacts } from './datastore.ts';

const day = 24 * 3_600_000;

/** A tool that is used again is written again when it is older than this, so that it never looks old while somebody may need it. In milliseconds. */
export const toolRefreshMs: number = 15 * day;

/** `leat gc` leaves a tool that is younger than this, whatever runs there are. In milliseconds. */
export const toolLastsMs: number = 30 * day;

/** Whether a tool is there, whole and young enough to be used without being written again; `size` in bytes, where it is known. */
export const isUsableTool = (facts: ObjectFacts | undefined, size?: number): boolean =>
  facts !== undefined &&
  (size === undefined || facts.size === size) &&
  Date.now() - facts.modifiedAt < toolRefreshMs;
