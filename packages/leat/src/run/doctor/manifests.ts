import type { Datastore } from '../../datastore/datastore.ts';
import type { AttemptManifest } from '../../datastore/manifest.ts';
import { readPack } from '../../datastore/packs/read-pack.ts';
import { ReadAhead } from '../../datastore/read-ahead.ts';
import { readManifest } from '../../datastore/read-manifest.ts';
import { isLeatError } from '../../errors/index.ts';

/** Manifests whose names are kept: many tasks refer to few. */
const mostKept = 256;

/** A manifest, or why it cannot be used. */
export type ManifestLook =
  | { readonly manifest: AttemptManifest }
  | { readonly kind: 'manifest-missing' | 'manifest-damaged' | 'unreadable'; readonly reason: string };

/** Reads manifests; of those that others refer to it remembers which artifacts they hold. */
export class Manifests {
  readonly #store: Datastore;
  readonly #ahead: ReadAhead;
  readonly #names = new Map<string, ReadonlySet<string> | string>();
  /** Manifests read so far. */
  checked = 0;

  constructor(store: Datastore) {
    this.#store = store;
    this.#ahead = new ReadAhead(store);
  }

  async look(key: string): Promise<ManifestLook> {
    this.checked += 1;
    try {
      const manifest = await readManifest(this.#store, key, this.#ahead);
      if (manifest !== undefined) return { manifest };
      return { kind: 'manifest-missing', reason: 'it is gone from the datastore' };
    } catch (error) {
      return lookOf(error);
    }
  }

  /** All manifests in an object: one, those of a pack, or none in another object. */
  async *within(object: string): AsyncGenerator<ManifestLook> {
    if (!object.endsWith('.pack')) {
      if (object.endsWith('.json')) yield await this.look(object);
      return;
    }
    try {
      for await (const { manifest } of readPack(this.#store, object)) {
        this.checked += 1;
        yield { manifest };
      }
    } catch (error) {
      yield lookOf(error);
    }
  }

  /** Why an artifact cannot be had from a manifest that another one refers to; `undefined`: it can. */
  async whyNot(key: string, artifact: string): Promise<string | undefined> {
    const names = this.#names.get(key) ?? (await this.#namesIn(key));
    if (typeof names === 'string') return names;
    return names.has(artifact) ? undefined : `'${key}' does not hold it`;
  }

  async #namesIn(key: string): Promise<ReadonlySet<string> | string> {
    const look = await this.look(key);
    const names = 'reason' in look ? `'${key}': ${look.reason}` : namesOf(look.manifest);
    if (this.#names.size >= mostKept) {
      const [oldest] = this.#names.keys();
      if (oldest !== undefined) this.#names.delete(oldest);
    }
    this.#names.set(key, names);
    return names;
  }
}

const namesOf = (manifest: AttemptManifest): ReadonlySet<string> =>
  new Set(manifest.status === 'succeeded' ? Object.keys(manifest.artifacts) : []);

function lookOf(error: unknown): ManifestLook {
  if (!isLeatError(error)) throw error;
  return { kind: error.code === 'STORE_CORRUPT' ? 'manifest-damaged' : 'unreadable', reason: error.message };
}
