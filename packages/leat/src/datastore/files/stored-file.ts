import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LeatError } from '../../errors/index.ts';
import { corrupt } from '../blob-format.ts';
import { hashParts } from '../codec/encoding.ts';
import type { Datastore } from '../datastore.ts';
import { fileKey } from './file-key.ts';
import { storedBrand, type StoredFileFacts } from './file-value.ts';

/**
 * A file artifact as a later step or the client sees it. Nothing is read before it is asked for; passing it on keeps the
 * reference. All reads throw `STORE_CORRUPT` when the content is gone or is not what was stored.
 *
 * @example const rows = parse(await this.report.text());
 */
export class StoredFile {
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
    return await this.#materialise();
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
    let size = 0;
    for await (const piece of pieces) {
      size += piece.byteLength;
      yield piece;
    }
    if (size !== this.size)
      throw corrupt(key, `the file '${this.name}' has ${size} bytes where ${this.size} were stored`);
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

  /** By content, so that all tasks of a machine share one copy. */
  async #materialise(): Promise<string> {
    const folder = path.join(os.tmpdir(), `leat-files-${os.userInfo().username}`, this.hash);
    const target = path.join(folder, path.basename(this.name) || 'file');
    if (fs.statSync(target, { throwIfNoEntry: false })?.size === this.size) return target;
    const temporary = `${target}.${process.pid}.part`;
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
      await pipeline(this.#pieces(), fs.createWriteStream(temporary, { mode: 0o400 }));
      fs.renameSync(temporary, target);
      return target;
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw materialiseError(error, this.name, target);
    }
  }
}

function materialiseError(error: unknown, name: string, target: string): unknown {
  if (error instanceof LeatError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new LeatError('STORE_UNAVAILABLE', `cannot copy the file '${name}' to '${target}': ${reason}`, {
    hint: 'Free some space there, or set TMPDIR to another folder.',
    cause: error,
  });
}
