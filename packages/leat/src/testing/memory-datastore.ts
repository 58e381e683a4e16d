import type { ByteRange, Datastore, LogObject, ObjectFacts } from '../datastore/datastore.ts';
import { requireKey } from '../datastore/object-key.ts';

interface StoredObject {
  readonly bytes: Uint8Array;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
}

/**
 * A datastore in memory, for one test and gone with it. Every call comes down to {@link getSync}, {@link putSync},
 * {@link appendSync} or {@link statSync}.
 */
export class MemoryDatastore implements Datastore {
  readonly url = 'memory://test';
  readonly objects: Map<string, StoredObject> = new Map();

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    requireKey(key);
    const found = this.objects.get(key)?.bytes;
    // A copy: who reads may write to what was read.
    return found && new Uint8Array(found.subarray(range?.start, range?.end));
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.getSync(key, range);
  }

  async getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const bytes = this.getSync(key);
    return bytes === undefined ? undefined : once(bytes);
  }

  putSync(key: string, parts: readonly Uint8Array[]): void {
    requireKey(key);
    this.objects.set(key, { bytes: Buffer.concat(parts), modifiedAt: Date.now() });
  }

  async put(key: string, parts: readonly Uint8Array[]): Promise<void> {
    this.putSync(key, parts);
  }

  async putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    this.putSync(key, await Array.fromAsync(source));
  }

  createSync(key: string, parts: readonly Uint8Array[]): boolean {
    if (this.objects.has(key)) return false;
    this.putSync(key, parts);
    return true;
  }

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return this.createSync(key, parts);
  }

  statSync(key: string): ObjectFacts | undefined {
    const found = this.objects.get(key);
    return found && { key, size: found.bytes.byteLength, modifiedAt: found.modifiedAt };
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    return this.statSync(key);
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    for (const key of this.objects.keys()) {
      const facts = key.startsWith(prefix) ? this.statSync(key) : undefined;
      if (facts !== undefined) yield facts;
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      requireKey(key);
      this.objects.delete(key);
    }
  }

  /** Synchronous {@link append}, which the contract does not ask for. */
  appendSync(key: string, bytes: Uint8Array): void {
    requireKey(key);
    const before = this.objects.get(key)?.bytes ?? new Uint8Array();
    this.objects.set(key, { bytes: Buffer.concat([before, bytes]), modifiedAt: Date.now() });
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    this.appendSync(key, bytes);
  }

  createLogSync(key: string): LogObject | undefined {
    if (!this.createSync(key, [])) return undefined;
    return { append: (bytes) => this.appendSync(key, bytes), close: () => undefined };
  }

  localPath(_key: string): string | undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.objects.clear();
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
