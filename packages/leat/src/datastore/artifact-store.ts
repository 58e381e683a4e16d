/**
 * Values in, references out, and back. An artifact is stored by the hash of its encoding: a small one inline in the
 * manifest, a large one as a blob, an unchanged one not at all. Reading is synchronous, since a step reads an artifact by
 * touching a field. It knows nothing of steps and decides nothing about who may see what: `task/` does.
 * next: `datastore/commit-attempt.ts`
 */
import type { LeatError } from '../errors/index.ts';
import { corrupt } from './blob-format.ts';
import { loadBlob, loadBlobSync, openBlob, saveBlobSync } from './blob-store.ts';
import { decodeValue, type StoredEncoding } from './codec/decode-value.ts';
import { describeType } from './codec/describe-type.ts';
import { encodeValue } from './codec/encode-value.ts';
import { hashParts, readHead } from './codec/encoding.ts';
import type { Datastore } from './datastore.ts';
import { type StoredFileFacts, UnstoredFile } from './files/file-value.ts';
import { storeFiles } from './files/store-files.ts';
import { StoredFile } from './files/stored-file.ts';
import type { InlineBudget } from './inline-budget.ts';
import { blobKey } from './keys.ts';
import type { ArtifactFacts, ArtifactRef, AttemptManifest } from './manifest.ts';
import { ReadAhead } from './read-ahead.ts';
import { readManifest, readManifestSync } from './read-manifest.ts';

/** A value as bytes: `parts` one after the other are its encoding, `parts[0]` the head. */
export interface EncodedArtifact {
  readonly facts: ArtifactFacts;
  readonly parts: readonly [head: Uint8Array, body: Uint8Array];
}

const cachedManifests = 64;
const prefetchedBytes = 256 * 1024 * 1024;
const fetchesAtOnce = 8;

/** The artifacts of one datastore; one object for each task or reader. */
export class ArtifactStore {
  readonly #store: Datastore;
  // Bounded, the least recently used goes first.
  readonly #manifests = new Map<string, AttemptManifest>();
  readonly #prefetched = new Map<string, Uint8Array>();
  readonly #ahead: ReadAhead;
  #prefetchedSize = 0;

  constructor(store: Datastore) {
    this.#store = store;
    this.#ahead = new ReadAhead(store);
  }

  /**
   * The encoding of a value, not stored yet.
   *
   * @param path how the value is called in messages: `this.model`
   * @throws LeatError ARTIFACT_UNSUPPORTED with the path of what is no data
   */
  encode(value: unknown, path: string): EncodedArtifact {
    const { codec, head, body, files } = encodeValue(path, value);
    const facts = {
      hash: hashParts([head, body]),
      size: head.byteLength + body.byteLength,
      codec,
      type: describeType(value),
    };
    return { facts: files.length > 0 ? { ...facts, files } : facts, parts: [head, body] };
  }

  /**
   * Stores a value that holds no pending files, and returns the reference for the manifest.
   *
   * @param name of the field; messages say `this.<name>`
   * @param previous what the field referred to before: returned when the value is still the same
   */
  save(name: string, value: unknown, budget: InlineBudget, previous?: ArtifactRef): ArtifactRef {
    return this.write(this.encode(value, `this.${name}`), budget, previous);
  }

  /** {@link save} for any value: stores the files in it first, without loading them in memory. */
  async saveAsync(
    name: string,
    value: unknown,
    budget: InlineBudget,
    previous?: ArtifactRef,
  ): Promise<ArtifactRef> {
    return this.write(await this.encodeAsync(value, `this.${name}`), budget, previous);
  }

  /** {@link encode} for any value: stores the pending files in it (`file(…)`) first. */
  async encodeAsync(value: unknown, path: string): Promise<EncodedArtifact> {
    try {
      return this.encode(value, path);
    } catch (error) {
      // Files are rare: values without them are looked at once.
      if (!(error instanceof UnstoredFile)) throw error;
    }
    await storeFiles(this.#store, path, value);
    return this.encode(value, path);
  }

  /** Stores an encoding unless it is the same as `previous`. */
  write({ facts, parts }: EncodedArtifact, budget: InlineBudget, previous?: ArtifactRef): ArtifactRef {
    if (previous?.hash === facts.hash && previous.stored !== 'inline') return previous;
    if (budget.take(facts.size))
      return { ...facts, stored: 'inline', data: Buffer.concat(parts).toString('base64') };
    saveBlobSync(this.#store, facts.hash, { codec: facts.codec, head: parts[0], body: parts[1], files: [] });
    return { ...facts, stored: 'blob' };
  }

  /** The value behind a reference, made anew each time. Throws `STORE_CORRUPT` when it is gone or damaged. */
  load(ref: ArtifactRef): unknown {
    if (ref.stored === 'blob') {
      return this.#decode(
        blobKey(ref.hash),
        this.#takePrefetched(ref) ?? loadBlobSync(this.#store, ref.hash, ref.size),
      );
    }
    if (ref.stored === 'inline') return this.#decodeInline(`an inline artifact (${ref.hash})`, ref);
    return this.#loadFrom(ref, this.#manifests.get(ref.manifest) ?? this.readManifest(ref.manifest));
  }

  /** {@link load} for a reference that stands in the manifest `key`, which is read already. */
  loadOf(key: string, ref: ArtifactRef): unknown {
    return ref.stored === 'inline' ? this.#decodeInline(key, ref) : this.load(ref);
  }

  /** As `readManifestSync`; who reads one after the other of a pack reads them in bulk. */
  readManifest(key: string): AttemptManifest | undefined {
    return readManifestSync(this.#store, key, this.#ahead);
  }

  /** {@link load} without holding up the event loop while bytes come in. */
  async loadAsync(ref: ArtifactRef): Promise<unknown> {
    if (ref.stored === 'inline') return this.load(ref);
    if (ref.stored === 'manifest') {
      return this.#loadFrom(
        ref,
        this.#manifests.get(ref.manifest) ?? (await readManifest(this.#store, ref.manifest)),
      );
    }
    return this.#decode(
      blobKey(ref.hash),
      this.#takePrefetched(ref) ?? (await loadBlob(this.#store, ref.hash, ref.size)),
    );
  }

  /**
   * Fetches the bytes behind references ahead of {@link load}, at most 256 MiB of them. Does nothing on a datastore that
   * is a folder: it is read as fast when it is touched.
   */
  async prefetch(refs: Iterable<ArtifactRef>): Promise<void> {
    const waiting: ArtifactRef[] = [];
    for (const ref of refs) {
      if (ref.stored === 'inline' || this.#store.localPath(blobKey(ref.hash)) !== undefined) continue;
      if (ref.stored === 'blob') {
        if (this.#prefetched.has(ref.hash) || this.#prefetchedSize + ref.size > prefetchedBytes) continue;
        this.#prefetchedSize += ref.size;
      }
      waiting.push(ref);
    }
    const worker = async (): Promise<void> => {
      for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) await this.#fetch(ref);
    };
    await Promise.all(Array.from({ length: fetchesAtOnce }, worker));
  }

  /** Whether {@link fetchTogether} is worth its while: the datastore is far away. */
  get fetchesTogether(): boolean {
    return this.#store.getManySync !== undefined;
  }

  /** As {@link prefetch}, for who cannot wait for a promise: fetches the blobs among these that are not there yet, at the same time. */
  fetchTogether(refs: readonly ArtifactRef[]): void {
    const wanted = new Map<string, ArtifactRef>();
    for (const ref of refs)
      if (ref.stored === 'blob' && !this.#prefetched.has(ref.hash)) wanted.set(ref.hash, ref);
    const found = this.#store.getManySync?.([...wanted.keys()].map(blobKey)) ?? [];
    for (const [at, ref] of [...wanted.values()].entries()) {
      const bytes = found[at];
      // What is gone is found to be gone by whoever loads it.
      if (bytes === undefined) continue;
      this.#prefetched.set(ref.hash, bytes);
      this.#prefetchedSize += ref.size;
    }
  }

  /** Lets go of what {@link prefetch} has brought and nobody has loaded. */
  dropPrefetched(): void {
    this.#prefetched.clear();
    this.#prefetchedSize = 0;
  }

  async #fetch(ref: ArtifactRef): Promise<void> {
    if (ref.stored === 'manifest') {
      const manifest = this.#manifests.get(ref.manifest) ?? (await readManifest(this.#store, ref.manifest));
      if (manifest !== undefined) this.#remember(ref.manifest, manifest);
      return;
    }
    const bytes = await this.#store.get(blobKey(ref.hash));
    if (bytes !== undefined) this.#prefetched.set(ref.hash, bytes);
  }

  /** Prefetched bytes are given away once: the value may be a view on them. */
  #takePrefetched(ref: ArtifactRef): StoredEncoding | undefined {
    const bytes = this.#prefetched.get(ref.hash);
    if (bytes === undefined) return undefined;
    this.#prefetched.delete(ref.hash);
    this.#prefetchedSize -= ref.size;
    return openBlob(blobKey(ref.hash), ref.hash, bytes);
  }

  #loadFrom(
    ref: ArtifactRef & { readonly stored: 'manifest' },
    manifest: AttemptManifest | undefined,
  ): unknown {
    if (manifest === undefined) throw gone(ref.manifest);
    this.#remember(ref.manifest, manifest);
    const origin = manifest.status === 'succeeded' ? manifest.artifacts[ref.name] : undefined;
    if (origin === undefined || origin.stored === 'manifest')
      throw corrupt(ref.manifest, `it does not hold the artifact '${ref.name}'`);
    return origin.stored === 'blob' ? this.load(origin) : this.#decodeInline(ref.manifest, origin);
  }

  #remember(key: string, manifest: AttemptManifest): void {
    this.#manifests.delete(key);
    this.#manifests.set(key, manifest);
    const [oldest] = this.#manifests.keys();
    if (this.#manifests.size > cachedManifests && oldest !== undefined) this.#manifests.delete(oldest);
  }

  #decodeInline(key: string, ref: ArtifactRef & { readonly stored: 'inline' }): unknown {
    const bytes = Buffer.from(ref.data, 'base64');
    const head = readHead(bytes);
    if (head === undefined || hashParts([bytes]) !== ref.hash)
      throw corrupt(key, 'its content has another hash than was written');
    return this.#decode(key, { codec: head.codec, rest: head.rest, body: bytes.subarray(head.length) });
  }

  #decode(key: string, encoding: StoredEncoding): unknown {
    return decodeValue(key, encoding, (facts) => this.#file(facts));
  }

  #file(facts: StoredFileFacts): StoredFile {
    return new StoredFile(this.#store, facts);
  }
}

const gone = (key: string): LeatError => corrupt(key, 'it is gone from the datastore');
