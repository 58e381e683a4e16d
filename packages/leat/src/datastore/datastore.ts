/**
 * The contract of a datastore: keys and bytes, nothing of flows. A folder (`datastore/fs/`), S3, … implement it; the
 * conformance suite in `@leat/testing` says precisely what each call means. Artifacts, manifests and logs are built on
 * top of it, once for all drivers.
 */
import type { DatastoreAccess } from './datastore-access.ts';

/** Bytes `start` (inclusive) to `end` (exclusive) of an object. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ObjectFacts {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/**
 * What {@link Datastore.sweepTemporary} may remove: leftovers last written before `olderThan` (milliseconds since the epoch), and those whose
 * writer is known to be dead, however young.
 */
export interface TemporarySweep {
  readonly olderThan: number;
  /** Count only. */
  readonly dryRun: boolean;
  /** Look only where keys have one of these prefixes, each the name of a folder with its `/`; everywhere unless told. */
  readonly under?: readonly string[];
}

/** An object that its one writer makes piece by piece; see {@link Datastore.createLogSync}. */
export interface LogObject {
  /**
   * Adds a piece to the end. When it returns, readers find all of it, also if this process is killed at once. A process that
   * is killed within the call may leave the front of the piece; a call that fails leaves nothing.
   */
  append(bytes: Uint8Array): void;
  close(): void;
}

/** Every call fails with `STORE_UNAVAILABLE` (it may work later) or `STORE_CORRUPT` (it will not), never with a raw I/O error. */
export interface Datastore {
  /** Where it is: `file:///…`, `s3://bucket/prefix`. Enough, with the driver's configuration, to open it on another machine. */
  readonly url: string;
  /**
   * Full path of one file that opens it without any package (a CommonJS module with `openDatastore(url)`), for processes of tasks.
   * `undefined`: `leat` itself can.
   */
  readonly driver?: string | undefined;
  /** The bytes, or `undefined` when there is no such object. */
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined>;
  /** The same, synchronously: a step reads an artifact by touching a field. */
  getSync(key: string, range?: ByteRange): Uint8Array | undefined;
  /** {@link getSync} for several objects, all on their way at the same time: where a call takes as long as a network does. */
  getManySync?(keys: readonly string[]): readonly (Uint8Array | undefined)[];
  /** The bytes as a stream, or `undefined`. */
  getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Writes an object whole or not at all, over any older one. The parts are one object: they need not be joined in memory. */
  put(key: string, parts: readonly Uint8Array[]): Promise<void>;
  /** Synchronous {@link put}. */
  putSync(key: string, parts: readonly Uint8Array[]): void;
  /** Stores a stream without holding it in memory; the object appears when the stream has ended, or never. */
  putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Creates an object; `false`, and no change, when there is one already. Exactly one of many callers at once gets `true`. */
  create(key: string, parts: readonly Uint8Array[]): Promise<boolean>;
  /** Synchronous {@link create}. */
  createSync(key: string, parts: readonly Uint8Array[]): boolean;
  /** Size and time, or `undefined`. */
  stat(key: string): Promise<ObjectFacts | undefined>;
  /** Synchronous {@link stat}. */
  statSync(key: string): ObjectFacts | undefined;
  /** All objects whose key starts with `prefix`, in no promised order, in bounded memory. */
  list(prefix: string): AsyncIterable<ObjectFacts>;
  /** Removes objects; a key that is not there is no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** Adds bytes to the end of a log object, creating it. Only one writer at a time. */
  append(key: string, bytes: Uint8Array): Promise<void>;
  /** Creates an empty log object to write to; `undefined` when there is one already. Exactly one of many callers at once gets it. */
  createLogSync(key: string): LogObject | undefined;
  /**
   * A URL from which anybody can read the object, without credentials, for so many seconds (less, where the credentials that sign it end
   * sooner), when the driver has such: lets a bare machine fetch its first programs.
   */
  link?(key: string, seconds: number): Promise<string>;
  /**
   * Until when a link that is signed now can hold, whatever is asked for: milliseconds since the epoch, `Infinity` where nothing ends it;
   * `undefined`: it ends with the credentials, and nobody knows when that is.
   */
  linksEndAt?(): Promise<number | undefined>;
  /**
   * What the process of a task needs to open this datastore by its URL in a place that has neither this process's variables nor its files, when
   * the driver needs more than the URL. With keys that end in a while, it is asked again before they do.
   *
   * @param folder full path under which the other process will find the files
   * @throws LeatError STORE_UNAVAILABLE when there are no credentials
   */
  access?(folder: string): Promise<DatastoreAccess>;
  /** A path of this machine that holds the object, when the driver has one (a folder does): lets files be used in place. */
  localPath(key: string): string | undefined;
  /**
   * Makes sure, before a run begins, that the store keeps what commits depend on, where that is not certain by itself. Throws
   * `STORE_UNAVAILABLE` when it does not.
   */
  check?(): Promise<void>;
  /** Removes what killed writers left half-written, when the driver has such things; says how much that was. */
  sweepTemporary?(options: TemporarySweep): Promise<{ readonly objects: number; readonly bytes: number }>;
  close(): Promise<void>;
}
