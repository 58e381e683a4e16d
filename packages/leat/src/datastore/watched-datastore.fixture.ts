import { MemoryDatastore } from '../testing/memory-datastore.ts';
import type { ByteRange } from './datastore.ts';

/** A datastore in memory that counts what is asked of it, and can be told to fail. */
export class WatchedDatastore extends MemoryDatastore {
  readonly reads: { key: string; bytes: number }[] = [];
  writes = 0;
  appends = 0;
  /** What writing ends with as long as it is set. */
  failure: Error | undefined;

  override getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    const bytes = super.getSync(key, range);
    if (bytes !== undefined) this.reads.push({ key, bytes: bytes.byteLength });
    return bytes;
  }

  override putSync(key: string, parts: readonly Uint8Array[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes += 1;
    super.putSync(key, parts);
  }

  override appendSync(key: string, bytes: Uint8Array): void {
    if (this.failure !== undefined) throw this.failure;
    this.appends += 1;
    super.appendSync(key, bytes);
  }
}
