/** What the two sides of `sync-calls.ts` agree on. */
import type { MessagePort } from 'node:worker_threads';
import type { LeatError } from 'leat/datastore';
import type { S3Datastore } from '../s3-datastore.ts';

/** The methods of a datastore that can be called so. */
export type SyncMethods = Pick<S3Datastore, 'get' | 'put' | 'create' | 'stat' | 'createLog' | 'appendLog'>;

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
