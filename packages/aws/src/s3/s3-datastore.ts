/**
 * A datastore in a bucket of S3, or of a server that speaks the same: one object for each key, but for logs that outgrow one
 * (`log/log-parts.ts`). Every call is tried again while that may help, and ends. Calls that may not wait for a promise go through a
 * thread (`sync/`), which is started by the first of them.
 */
import type {
  ByteRange,
  Datastore,
  DatastoreAccess,
  LogObject,
  ObjectFacts,
  TemporarySweep,
} from 'leat/datastore';
import { S3Api } from './api.ts';
import { checkConditions } from './check-conditions.ts';
import { createObject } from './create-object.ts';
import { deleteKeys } from './delete-objects.ts';
import type { HttpLimits } from './http/exchange.ts';
import { listKeys } from './list-objects.ts';
import { LogWriters } from './log/log-writers.ts';
import { partBytes, putLarge, putStream } from './multipart.ts';
import { objectName } from './object-key.ts';
import { ObjectReader } from './read-object.ts';
import { S3Client } from './s3-client.ts';
import { parseS3Url, type S3Location } from './s3-location.ts';
import { driverPath } from './driver-path.ts';
import { SyncCalls } from './sync/sync-calls.ts';
import { sweepLeftovers } from './sweep-leftovers.ts';

/** Larger objects are written by parts. */
const wholeBytes = 4 * partBytes;

/** How to reach a datastore in S3. */
export interface S3DatastoreOptions {
  /** Where endpoint, region and credentials are looked for; the process's own unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Bounds of one request, in milliseconds. */
  readonly limits?: HttpLimits;
}

export class S3Datastore implements Datastore {
  readonly url: string;
  readonly driver: string = driverPath();
  readonly #location: S3Location;
  readonly #api: S3Api;
  readonly #reader: ObjectReader;
  readonly #logs: LogWriters;
  readonly #sync: SyncCalls;

  constructor(url: string, { env = process.env, limits }: S3DatastoreOptions = {}) {
    const location = parseS3Url(url);
    this.url = location.url;
    this.#location = location;
    this.#api = new S3Api(new S3Client({ location, env, limits }), location.bucket);
    this.#reader = new ObjectReader(this.#api, location);
    this.#logs = new LogWriters(this.#api, location);
    this.#sync = new SyncCalls(location.url, env);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return await this.#reader.read(key, range);
  }

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    objectName(this.#location, key);
    return this.#sync.call('get', key, range);
  }

  /** For the thread of {@link getManySync}. */
  async getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return await Promise.all(keys.map(async (key) => this.get(key)));
  }

  getManySync(keys: readonly string[]): readonly (Uint8Array | undefined)[] {
    for (const key of keys) objectName(this.#location, key);
    return keys.length === 0 ? [] : this.#sync.call('getMany', keys);
  }

  async getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    return await this.#reader.stream(key);
  }

  async put(key: string, parts: readonly Uint8Array[]): Promise<void> {
    const name = objectName(this.#location, key);
    const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (size > wholeBytes) await putLarge(this.#api, name, parts);
    else await this.#api.put(name, parts);
  }

  putSync(key: string, parts: readonly Uint8Array[]): void {
    objectName(this.#location, key);
    this.#sync.call('put', key, parts);
  }

  async putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    await putStream(this.#api, objectName(this.#location, key), source);
  }

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return await createObject(this.#api, objectName(this.#location, key), parts);
  }

  createSync(key: string, parts: readonly Uint8Array[]): boolean {
    objectName(this.#location, key);
    return this.#sync.call('create', key, parts);
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    const found = await this.#reader.stat(key);
    return found === undefined ? undefined : { key, ...found };
  }

  statSync(key: string): ObjectFacts | undefined {
    objectName(this.#location, key);
    return this.#sync.call('stat', key);
  }

  async link(key: string, seconds: number): Promise<string> {
    const name = objectName(this.#location, key);
    // Finds out where the bucket is.
    await this.#api.head(name);
    return await this.#api.link(name, seconds);
  }

  async linksEndAt(): Promise<number | undefined> {
    return await this.#api.linksEndAt();
  }

  async access(folder: string): Promise<DatastoreAccess> {
    return await this.#api.access(folder);
  }

  list(prefix: string): AsyncIterable<ObjectFacts> {
    return listKeys(this.#api, this.#location, prefix);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await deleteKeys(this.#api, this.#location, keys);
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    objectName(this.#location, key);
    await this.#logs.append(key, bytes, false);
  }

  async createLog(key: string): Promise<boolean> {
    objectName(this.#location, key);
    return await this.#logs.create(key);
  }

  async appendLog(key: string, bytes: Uint8Array): Promise<void> {
    objectName(this.#location, key);
    await this.#logs.append(key, bytes, true);
  }

  createLogSync(key: string): LogObject | undefined {
    objectName(this.#location, key);
    if (!this.#sync.call('createLog', key)) return undefined;
    return {
      append: (bytes) => this.#sync.call('appendLog', key, bytes),
      close: () => undefined,
    };
  }

  localPath(): undefined {
    return undefined;
  }

  async sweepTemporary(sweep: TemporarySweep): Promise<{ readonly objects: number; readonly bytes: number }> {
    return await sweepLeftovers(this.#api, this.#location, sweep);
  }

  /** Whether the server keeps what commits depend on. @throws LeatError STORE_UNAVAILABLE when it does not */
  async check(): Promise<void> {
    await checkConditions(this.#api, this.#location);
  }

  async close(): Promise<void> {
    this.#sync.close();
    await this.#api.close();
  }
}

/**
 * Opens a datastore in S3. Endpoint, region and credentials are those of the environment, as AWS's own tools read it. Sends nothing.
 *
 * @param url `s3://BUCKET/PREFIX`
 * @throws LeatError OPTION_INVALID for what is no such URL
 * @example const store = openS3Datastore('s3://data/leat');
 */
export function openS3Datastore(url: string, options: S3DatastoreOptions = {}): S3Datastore {
  return new S3Datastore(url, options);
}
