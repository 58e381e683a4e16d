/**
 * The datastore that is a folder: an object is a file, its key the path below the root. It knows bytes and names only;
 * what artifacts, manifests and logs are is decided above it. Invariants: a file appears under its final name whole or
 * never (temporary file, then rename or link), so a reader or a killed writer never leaves a torn
 * object; a small commit costs five system calls. Only logs (`append`, `createLogSync`) grow in place.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ByteRange, Datastore, LogObject, ObjectFacts, TemporarySweep } from '../datastore.ts';
import { type FoundFile, listFolder, listTemporary } from './list-folder.ts';
import { createLogFile } from './log-file.ts';
import { objectPath } from './object-path.ts';
import { publishNew } from './publish-new.ts';
import { readFile, readFileSync } from './read-file.ts';
import { errorCode, storeError } from './store-error.ts';
import { temporaryPath, writerIsDead } from './temporary-name.ts';
import { inFolder, inFolderSync, openNew, openNewSync, writeParts, writePartsSync } from './write-file.ts';

export interface FsDatastoreOptions {
  /**
   * Wait for the disk after each write (`fsync`). Default `false`: the kernel has every byte when a call returns, so
   * nothing is lost when a process or all of Leat is killed; only a power cut or a kernel crash can lose the last
   * seconds, which a re-run brings back, and waiting would make a small commit several times slower.
   */
  readonly durable?: boolean;
}

const filesAtOnce = 32;
const streamBytes = 1024 * 1024;

/** A folder as a datastore; see {@link openFsDatastore}. */
export class FsDatastore implements Datastore {
  readonly #root: string;
  readonly #durable: boolean;

  constructor(root: string, options: FsDatastoreOptions = {}) {
    this.#root = path.resolve(root);
    this.#durable = options.durable ?? false;
  }

  get url(): string {
    return pathToFileURL(this.#root).href;
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    const file = objectPath(this.#root, key);
    return await trying('read', file, async () => await readFile(file, range));
  }

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    const file = objectPath(this.#root, key);
    return tryingSync('read', file, () => readFileSync(file, range));
  }

  async getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const file = objectPath(this.#root, key);
    return (await this.stat(key)) === undefined ? undefined : streamFile(file);
  }

  async put(key: string, parts: readonly Uint8Array[]): Promise<void> {
    const file = objectPath(this.#root, key);
    await trying('write', file, async () => {
      const temporary = await this.#writeTemporary(file, async (handle) => await writeParts(handle, parts));
      await inFolder(file, async () => fsp.rename(temporary, file));
      await this.#settle(file);
    });
  }

  putSync(key: string, parts: readonly Uint8Array[]): void {
    const file = objectPath(this.#root, key);
    tryingSync('write', file, () => {
      const temporary = this.#writeTemporarySync(file, parts);
      inFolderSync(file, () => fs.renameSync(temporary, file));
      this.#settleSync(file);
    });
  }

  async putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    const file = objectPath(this.#root, key);
    const temporary = await this.#writeTemporary(file, async (handle) => {
      // The source's own failure stays what it is; only ours are the store's.
      for await (const bytes of source)
        await trying('write', file, async () => await writeParts(handle, [bytes]));
    });
    await trying('write', file, async () => {
      await inFolder(file, async () => fsp.rename(temporary, file));
      await this.#settle(file);
    });
  }

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const file = objectPath(this.#root, key);
    return await trying('write', file, async () => {
      const temporary = await this.#writeTemporary(file, async (handle) => await writeParts(handle, parts));
      const created = inFolderSync(file, () => publishNew(temporary, file));
      if (created) await this.#settle(file);
      return created;
    });
  }

  createSync(key: string, parts: readonly Uint8Array[]): boolean {
    const file = objectPath(this.#root, key);
    return tryingSync('write', file, () => {
      const temporary = this.#writeTemporarySync(file, parts);
      const created = inFolderSync(file, () => publishNew(temporary, file));
      if (created) this.#settleSync(file);
      return created;
    });
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    const file = objectPath(this.#root, key);
    return await trying('read', file, async () => {
      const facts = await fsp.stat(file).catch((error: unknown) => {
        if (errorCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      return facts?.isFile() === true ? { key, size: facts.size, modifiedAt: facts.mtimeMs } : undefined;
    });
  }

  statSync(key: string): ObjectFacts | undefined {
    const file = objectPath(this.#root, key);
    return tryingSync('read', file, () => {
      const facts = fs.statSync(file, { throwIfNoEntry: false });
      return facts?.isFile() === true ? { key, size: facts.size, modifiedAt: facts.mtimeMs } : undefined;
    });
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    for await (const { temporary, ...facts } of this.#files(prefix)) if (!temporary) yield facts;
  }

  async delete(keys: readonly string[]): Promise<void> {
    const folders = new Set<string>();
    for (let first = 0; first < keys.length; first += filesAtOnce) {
      const files = keys.slice(first, first + filesAtOnce).map((key) => objectPath(this.#root, key));
      await Promise.all(
        files.map(
          async (file) => await trying('delete', file, async () => await fsp.rm(file, { force: true })),
        ),
      );
      for (const file of files) folders.add(path.dirname(file));
    }
    for (const folder of folders) await this.#removeEmpty(folder);
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    const file = objectPath(this.#root, key);
    await trying('write', file, async () => {
      await inFolder(file, async () => fsp.appendFile(file, bytes));
    });
  }

  createLogSync(key: string): LogObject | undefined {
    const file = objectPath(this.#root, key);
    return tryingSync('write', file, () => {
      const created = createLogFile(file, this.#durable);
      if (created !== undefined) this.#settleSync(file);
      return created;
    });
  }

  localPath(key: string): string | undefined {
    return objectPath(this.#root, key);
  }

  async sweepTemporary(sweep: TemporarySweep): Promise<{ objects: number; bytes: number }> {
    const { olderThan, dryRun, under = [''] } = sweep;
    const swept = { objects: 0, bytes: 0 };
    for (const prefix of under) {
      for await (const { key, size, modifiedAt } of this.#temporary(prefix)) {
        if (modifiedAt >= olderThan && !writerIsDead(path.posix.basename(key))) continue;
        swept.objects += 1;
        swept.bytes += size;
        const file = path.join(this.#root, key);
        if (!dryRun) await trying('delete', file, async () => await fsp.rm(file, { force: true }));
      }
    }
    return swept;
  }

  async close(): Promise<void> {}

  async *#files(prefix: string): AsyncIterable<FoundFile> {
    const folder = prefix.slice(0, Math.max(0, prefix.lastIndexOf('/')));
    if (folder !== '') objectPath(this.#root, folder);
    try {
      yield* listFolder(this.#root, prefix);
    } catch (error) {
      throw storeError(error, 'list', path.join(this.#root, prefix));
    }
  }

  #writeTemporarySync(file: string, parts: readonly Uint8Array[]): string {
    const temporary = temporaryPath(this.#root, file);
    const fd = openNewSync(temporary);
    try {
      writePartsSync(fd, parts);
      if (this.#durable) fs.fsyncSync(fd);
    } catch (error) {
      fs.rmSync(temporary, { force: true });
      throw error;
    } finally {
      fs.closeSync(fd);
    }
    return temporary;
  }

  async #writeTemporary(file: string, write: (handle: fsp.FileHandle) => Promise<void>): Promise<string> {
    const temporary = temporaryPath(this.#root, file);
    const handle = await trying('write', file, async () => await openNew(temporary));
    try {
      await write(handle);
      if (this.#durable) await handle.sync();
    } catch (error) {
      await fsp.rm(temporary, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return temporary;
  }

  /** The name of a new file is safe only when its folder is. */
  #settleSync(file: string): void {
    if (!this.#durable) return;
    const fd = fs.openSync(path.dirname(file), 'r');
    try {
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
  }

  async #settle(file: string): Promise<void> {
    if (!this.#durable) return;
    const handle = await fsp.open(path.dirname(file), 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async *#temporary(prefix: string): AsyncIterable<ObjectFacts> {
    if (prefix !== '') objectPath(this.#root, prefix.slice(0, -1));
    try {
      yield* listTemporary(this.#root, prefix);
    } catch (error) {
      throw storeError(error, 'list', path.join(this.#root, prefix));
    }
  }

  /** Folders that `delete` has emptied go too; a writer that needs one again makes it again. */
  async #removeEmpty(folder: string): Promise<void> {
    for (let at = folder; at.startsWith(this.#root + path.sep); at = path.dirname(at)) {
      try {
        await fsp.rmdir(at);
      } catch {
        return;
      }
    }
  }
}

/**
 * Opens a folder as a datastore; it is made with the first write.
 *
 * @param root a path or a `file:` URL
 * @example const store = openFsDatastore('.leat/store');
 */
export function openFsDatastore(root: string, options: FsDatastoreOptions = {}): FsDatastore {
  return new FsDatastore(root.startsWith('file:') ? fileURLToPath(root) : root, options);
}

/** Opens with the first read, so that a stream that nobody reads holds no file open. */
async function* streamFile(file: string): AsyncIterable<Uint8Array> {
  try {
    yield* fs.createReadStream(file, { highWaterMark: streamBytes }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw storeError(error, 'read', file);
  }
}

async function trying<T>(action: string, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error, action, file);
  }
}

function tryingSync<T>(action: string, file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error, action, file);
  }
}
