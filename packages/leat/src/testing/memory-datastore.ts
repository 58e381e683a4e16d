import type { ByteRange, Datastore, LogObject, ObjectFacts } from '../datastore/datastore.ts';

/** A datastore for one test: in memory, gone with the test. */
export class MemoryDatastore implements Datastore {
  readonly url = 'memory://test';
  readonly #objects = new Map<string, { readonly bytes: Uint8Array; readonly modifiedAt: number }>();

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    const found = this.#objects.get(key)?.bytes;
    // A copy: who reads may write to what was read.
    return found?.slice(range?.start, range?.end);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.getSync(key, range);
  }

  async getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const bytes = this.getSync(key);
    return bytes === undefined ? undefined : once(bytes);
  }

  putSync(key: string, parts: readonly Uint8Array[]): void {
    this.#objects.set(key, { bytes: new Uint8Array(Buffer.concat(parts)), modifiedAt: Date.now() });
  }

  async put(key: string, parts: readonly Uint8Array[]): Promise<void> {
    this.putSync(key, parts);
  }

  async putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    this.putSync(key, await Array.fromAsync(source));
  }

  createSync(key: string, parts: readonly Uint8Array[]): boolean {
    if (this.#objects.has(key)) return false;
    this.putSync(key, parts);
    return true;
  }

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return this.createSync(key, parts);
  }

  statSync(key: string): ObjectFacts | undefined {
    const found = this.#objects.get(key);
    return found && { key, size: found.bytes.byteLength, modifiedAt: found.modifiedAt };
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    return this.statSync(key);
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    for (const key of this.#objects.keys()) {
      const facts = key.startsWith(prefix) ? this.statSync(key) : undefined;
      if (facts !== undefined) yield facts;
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#objects.delete(key);
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    this.putSync(key, [this.getSync(key) ?? new Uint8Array(), bytes]);
  }

  createLogSync(key: string): LogObject | undefined {
    if (!this.createSync(key, [])) return undefined;
    return {
      append: (bytes) => this.putSync(key, [this.getSync(key) ?? new Uint8Array(), bytes]),
      close: () => undefined,
    };
  }

  localPath(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    this.#objects.clear();
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
