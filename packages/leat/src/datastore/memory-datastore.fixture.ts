import type { ByteRange, Datastore, LogObject, ObjectFacts } from './datastore.ts';

/** A datastore in memory, without paths: what code sees that runs on S3. Counts reads; can be told to fail. */
export class MemoryDatastore implements Datastore {
  readonly url = 'memory://test';
  readonly objects: Map<string, { bytes: Buffer; modifiedAt: number }> = new Map();
  readonly reads: { key: string; bytes: number }[] = [];
  writes = 0;
  appends = 0;
  failure: Error | undefined;

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    const found = this.objects.get(key)?.bytes;
    if (found === undefined) return undefined;
    const bytes = new Uint8Array(found.subarray(range?.start ?? 0, range?.end ?? found.byteLength));
    this.reads.push({ key, bytes: bytes.byteLength });
    return bytes;
  }
  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.getSync(key, range);
  }
  async getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const bytes = this.getSync(key);
    return bytes === undefined ? undefined : new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  }
  putSync(key: string, parts: readonly Uint8Array[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes += 1;
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
    return found === undefined
      ? undefined
      : { key, size: found.bytes.byteLength, modifiedAt: found.modifiedAt };
  }
  async stat(key: string): Promise<ObjectFacts | undefined> {
    return this.statSync(key);
  }
  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) yield this.statSync(key)!;
  }
  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.objects.delete(key);
  }
  async append(key: string, bytes: Uint8Array): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    this.appends += 1;
    const before = this.objects.get(key)?.bytes ?? Buffer.alloc(0);
    this.objects.set(key, { bytes: Buffer.concat([before, bytes]), modifiedAt: Date.now() });
  }
  createLogSync(key: string): LogObject | undefined {
    if (!this.createSync(key, [])) return undefined;
    return {
      append: (bytes) => {
        if (this.failure !== undefined) throw this.failure;
        this.appends += 1;
        const before = this.objects.get(key)?.bytes ?? Buffer.alloc(0);
        this.objects.set(key, { bytes: Buffer.concat([before, bytes]), modifiedAt: Date.now() });
      },
      close: () => undefined,
    };
  }
  localPath(): undefined {
    return undefined;
  }
  async close(): Promise<void> {}
}
