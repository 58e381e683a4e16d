import { createHash } from 'node:crypto';
import { corrupt } from '../blob-format.ts';
import { hashParts } from '../codec/encoding.ts';
import type { Datastore } from '../datastore.ts';
import { fileKey } from './file-key.ts';
import { storedBrand, type StoredFileFacts } from './file-value.ts';
import { localCopy } from './local-copy.ts';

/**
 * A file artifact as a later step or the client sees it. Nothing is read before it is asked for; passing it on keeps the
 * reference. All reads throw `STORE_CORRUPT` when the content is gone or is not what was stored; a stream says so at its end,
 * and of a file that is used in place only the size is looked at.
 *
 * @example const rows = parse(await this.report.text());
 */
export class StoredFile {
  // Bundles shorten names, and this one is shown.
  static {
    Object.defineProperty(this, 'name', { value: 'StoredFile' });
  }

  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** sha256 of the content, in hex. */
  readonly hash: string;
  readonly #store: Datastore;

  constructor(store: Datastore, { name, size, hash }: StoredFileFacts) {
    this.#store = store;
    this.name = name;
    this.size = size;
    this.hash = hash;
    Object.defineProperty(this, storedBrand, { value: true });
  }

  /**
   * A path of this machine that holds the content, for programs that want a file. Read-only: in a folder datastore it is
   * the stored file itself, and its name is not {@link name}. Elsewhere it is a copy in the folder for temporary files.
   */
  async path(): Promise<string> {
    const key = fileKey(this.hash);
    const local = this.#store.localPath(key);
    if (local !== undefined) {
      await this.#expect();
      return local;
    }
    return await localCopy(this, () => this.#pieces());
  }

  /** All of the content, its hash checked. */
  async bytes(): Promise<Uint8Array> {
    const key = fileKey(this.hash);
    const bytes = await this.#store.get(key);
    if (bytes === undefined) throw corrupt(key, `the file '${this.name}' is gone from the datastore`);
    if (hashParts([bytes]) !== this.hash)
      throw corrupt(key, `the file '${this.name}' has another hash than was stored`);
    return bytes;
  }

  /** All of the content as UTF-8 text. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** The content piece by piece, never held as a whole. */
  stream(): ReadableStream<Uint8Array> {
    return ReadableStream.from(this.#pieces());
  }

  async *#pieces(): AsyncIterable<Uint8Array> {
    const key = fileKey(this.hash);
    const pieces = await this.#store.getStream(key);
    if (pieces === undefined) throw corrupt(key, `the file '${this.name}' is gone from the datastore`);
    const sum = createHash('sha256');
    for await (const piece of pieces) {
      sum.update(piece);
      yield piece;
    }
    if (sum.digest('hex') !== this.hash)
      throw corrupt(key, `the file '${this.name}' has another hash than was stored`);
  }

  async #expect(): Promise<void> {
    const key = fileKey(this.hash);
    const facts = await this.#store.stat(key);
    if (facts?.size === this.size) return;
    throw corrupt(
      key,
      facts === undefined
        ? `the file '${this.name}' is gone`
        : `the file '${this.name}' has another size than was stored`,
    );
  }
}
