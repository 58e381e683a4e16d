/** What the two sides of `sync-calls.ts` agree on. */
import type { MessagePort } from 'node:worker_threads';
import type { Datastore, LeatError } from 'leat/datastore';

/** The methods of a datastore that can be called so. */
export interface SyncMethods extends Pick<Datastore, 'get' | 'put' | 'create' | 'stat'> {
  /** Several objects at the same time. */
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Creates an empty log; `false` when there is any object of its key. */
  createLog(key: string): Promise<boolean>;
  /** Adds to a log that was created. */
  appendLog(key: string, bytes: Uint8Array): Promise<void>;
}

/** What the thread is given. */
export interface SyncThreadData {
  /** The module that serves; loaded by {@link threadSource}. */
  readonly file: string;
  readonly url: string;
  readonly port: MessagePort;
  /** Set to 1 when an answer is there. */
  readonly signal: Int32Array<SharedArrayBuffer>;
}

export interface SyncCall {
  readonly name: keyof SyncMethods;
  readonly args: readonly unknown[];
}

export type SyncAnswer =
  | { readonly value: unknown }
  | { readonly error: Pick<LeatError, 'code' | 'message' | 'hint' | 'details'> };

/** The thread's program: text, so that the same works from the sources, the build and the bundle. */
export const threadSource: string =
  "const { workerData } = require('node:worker_threads'); require(workerData.file).serveSyncCalls(workerData);";
