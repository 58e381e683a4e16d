import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { LeatError } from '../../errors/index.ts';
import { isFresh } from '../blob-store.ts';
import { surveyValue } from '../codec/survey-value.ts';
import type { Datastore } from '../datastore.ts';
import { fileKey } from './file-key.ts';
import {
  type FilePieces,
  isFile,
  pendingFile,
  settledFile,
  settleFile,
  type StoredFileFacts,
} from './file-value.ts';

const pieceBytes = 1024 * 1024;

/**
 * Stores the content of all pending files in a value, in bounded memory; each is noted (`settleFile`), so that the value
 * can be encoded. `root` is how the value is called in messages.
 */
export async function storeFiles(store: Datastore, root: string, value: unknown): Promise<void> {
  const isOne = typeof value === 'object' && value !== null && isFile(value);
  for (const file of isOne ? [value] : surveyValue(root, value).files) {
    const pending = pendingFile(file);
    if (pending === undefined || settledFile(file) !== undefined) continue;
    const facts =
      typeof pending.source === 'string'
        ? await storePath(store, root, pending.source)
        : await storePieces(store, root, pending.source);
    settleFile(file, { name: pending.name, ...facts });
  }
}

type Content = Omit<StoredFileFacts, 'name'>;

/** A file is read twice: its name in the store is the hash of all of it, and what is there already is not written again. */
async function storePath(store: Datastore, root: string, file: string): Promise<Content> {
  const content = await hashFile(root, file);
  const key = fileKey(content.hash);
  if (!isFresh(await store.stat(key))) await store.putStream(key, unchanged(root, file, content.hash));
  return content;
}

/** A stream can be read once: it goes through a temporary file. */
async function storePieces(store: Datastore, root: string, source: FilePieces): Promise<Content> {
  const spool = path.join(os.tmpdir(), `leat-${randomUUID()}`);
  try {
    await pipeline(asBytes(root, source), fs.createWriteStream(spool, { flags: 'wx', mode: 0o600 }));
    return await storePath(store, root, spool);
  } finally {
    await fs.promises.rm(spool, { force: true });
  }
}

async function hashFile(root: string, file: string): Promise<Content> {
  const sum = createHash('sha256');
  let size = 0;
  for await (const bytes of readPieces(root, file)) {
    sum.update(bytes);
    size += bytes.byteLength;
  }
  return { size, hash: sum.digest('hex') };
}

/** The content again; fails at its end, before the object appears, when somebody wrote to the file meanwhile. */
async function* unchanged(root: string, file: string, hash: string): AsyncIterable<Uint8Array> {
  const sum = createHash('sha256');
  for await (const bytes of readPieces(root, file)) {
    sum.update(bytes);
    yield bytes;
  }
  if (sum.digest('hex') === hash) return;
  throw new LeatError(
    'ARTIFACT_UNSUPPORTED',
    `${root}: the file '${file}' changed while it was being stored`,
    {
      hint: 'Close the file, and wait for all that writes to it, before the step ends.',
      details: { path: root, file },
    },
  );
}

async function* readPieces(root: string, file: string): AsyncIterable<Uint8Array> {
  try {
    yield* fs.createReadStream(file, { highWaterMark: pieceBytes }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LeatError('ARTIFACT_UNSUPPORTED', `${root}: the file '${file}' cannot be read: ${reason}`, {
      hint: `file(…) reads a file when its step ends: it must be there then. Relative paths start in ${process.cwd()}.`,
      cause: error,
      details: { path: root, file },
    });
  }
}

async function* asBytes(root: string, source: FilePieces): AsyncIterable<Uint8Array> {
  for await (const piece of source) {
    if (typeof piece === 'string') yield Buffer.from(piece, 'utf8');
    else if (piece instanceof Uint8Array) yield piece;
    else {
      throw new LeatError(
        'ARTIFACT_UNSUPPORTED',
        `${root}: the stream of a file yielded a ${typeof piece}, expected bytes or text`,
        {
          hint: 'Yield Uint8Array or string.',
          details: { path: root },
        },
      );
    }
  }
}
