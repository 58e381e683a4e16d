/**
 * Removing what nothing refers to. Whoever calls has walked all manifests and filled a {@link LiveKeys}; young blobs are
 * left alone, since a running task writes them before the manifest that names them.
 */
import type { Datastore, ObjectFacts } from './datastore.ts';
import { refreshAfterMs } from './blob-store.ts';

/** Blobs younger than this stay, whatever refers to them. Twice the age at which a blob that is used again is written again. */
export const defaultGraceMs: number = 2 * refreshAfterMs;

const blobsPrefix = 'blobs/';
const deletesAtOnce = 1000;
// 52 bits of a hash are exact in a double. Two keys that share them keep garbage alive, never the other way round.
const digits = 13;
const firstCapacity = 1024;

/** A set of blob keys in 8 bytes each, so that millions fit in memory. */
export class LiveKeys {
  #hashes = new Float64Array(firstCapacity);
  #count = 0;
  #sorted = 0;

  /** Adds the key of a blob, a file or items; other keys are ignored. */
  add(key: string): void {
    const hash = shortHash(key);
    if (hash === undefined) return;
    if (this.#count === this.#hashes.length) {
      const larger = new Float64Array(this.#hashes.length * 2);
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.#hashes[this.#count++] = hash;
  }

  has(key: string): boolean {
    const hash = shortHash(key);
    return hash === undefined || this.#find(hash);
  }

  #find(hash: number): boolean {
    if (this.#sorted !== this.#count) {
      this.#hashes.subarray(0, this.#count).sort();
      this.#sorted = this.#count;
    }
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#hashes[middle] ?? Infinity) < hash) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#hashes[low] === hash;
  }
}

/** `blobs/ab/cdef…` → the first 52 bits of the hash. */
function shortHash(key: string): number | undefined {
  const hex =
    key.slice(blobsPrefix.length, blobsPrefix.length + 2) +
    key.slice(blobsPrefix.length + 3, blobsPrefix.length + 1 + digits);
  return key.startsWith(blobsPrefix) && /^[\da-f]{13}$/.test(hex) ? Number.parseInt(hex, 16) : undefined;
}

export interface SweepOptions {
  /** Every key that something refers to. */
  readonly live: LiveKeys;
  /** In milliseconds; {@link defaultGraceMs} unless told. */
  readonly graceMs?: number;
  /** Count only. */
  readonly dryRun?: boolean;
  /** Milliseconds since the epoch; the clock unless told. */
  readonly now?: number;
}

/** How much was (or with `dryRun` would be) removed. */
export interface Swept {
  readonly objects: number;
  readonly bytes: number;
}

/** Removes old blobs that nothing refers to, and what killed writers left behind. Memory does not grow with the store. */
export async function sweepBlobs(store: Datastore, options: SweepOptions): Promise<Swept> {
  const { live, graceMs = defaultGraceMs, dryRun = false, now = Date.now() } = options;
  const olderThan = now - graceMs;
  const swept = { objects: 0, bytes: 0 };
  let batch: string[] = [];
  const removeBatch = async (): Promise<void> => {
    if (!dryRun) await store.delete(batch);
    batch = [];
  };
  for await (const found of store.list(blobsPrefix)) {
    if (!isGarbage(found, live, olderThan)) continue;
    swept.objects += 1;
    swept.bytes += found.size;
    if (batch.push(found.key) === deletesAtOnce) await removeBatch();
  }
  await removeBatch();
  const left = (await store.sweepTemporary?.({ olderThan, dryRun })) ?? { objects: 0, bytes: 0 };
  return { objects: swept.objects + left.objects, bytes: swept.bytes + left.bytes };
}

const isGarbage = ({ key, modifiedAt }: ObjectFacts, live: LiveKeys, olderThan: number): boolean =>
  modifiedAt < olderThan && !live.has(key);
