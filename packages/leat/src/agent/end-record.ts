/**
 * What an execution of a job leaves when it ends: how its task's process ended, and the last of what it printed. One line of JSON, then
 * frames (`log-frames.ts`), so that a small task leaves one object.
 */
import type { JobStatus } from '../compute/compute-layer.ts';
import { LeatError } from '../errors/index.ts';

/** How an execution of a job ended. Times are milliseconds since the epoch. */
export interface EndRecord {
  readonly version: 1;
  /** Which execution; sorts by its start. */
  readonly execution: string;
  /** The platform's own number of the execution, where the layer has named a variable for it: an older one than the platform's last is outdated. */
  readonly try?: string;
  /** How the process of the task ended: a status that a layer may pass on. `startedAt` is when the task began, not when its container did. */
  readonly status: Extract<JobStatus, { state: 'succeeded' | 'failed' }>;
  /**
   * The agent was told to stop (Spot, a node that is drained, a cancel: the layer knows which). Absent when the task had ended before. Then
   * `status` says how the task took it: with exit code 0 it has succeeded.
   */
  readonly stopped?: { readonly signal: string; readonly at: number };
  readonly printed: {
    /** Pieces that the execution has stored before this record, numbered from 0. */
    readonly pieces: number;
    /** Bytes of output that could not be stored. */
    readonly lost: number;
  };
}

/** An end record as it is stored. */
export interface StoredEnd {
  readonly record: EndRecord;
  /** The last of what was printed, as frames. */
  readonly printed: Uint8Array;
}

const newline = 10;

/** The parts of the object. */
export function encodeEnd(record: EndRecord, printed: readonly Uint8Array[]): readonly Uint8Array[] {
  return [Buffer.from(`${JSON.stringify(record)}\n`), ...printed];
}

/** The inverse of {@link encodeEnd}. @throws LeatError STORE_CORRUPT */
export function decodeEnd(bytes: Uint8Array): StoredEnd {
  const end = bytes.indexOf(newline);
  const record = end < 0 ? undefined : parse(bytes.subarray(0, end));
  if (record === undefined) throw new LeatError('STORE_CORRUPT', 'the record of the end of a job is damaged');
  return { record, printed: bytes.subarray(end + 1) };
}

function parse(line: Uint8Array): EndRecord | undefined {
  try {
    const record = JSON.parse(Buffer.from(line).toString()) as EndRecord;
    return (record.version as number) === 1 ? record : undefined;
  } catch {
    return undefined;
  }
}
