/** Makes the archive of a package (`archive-head.ts` says what that is), piece by piece, whatever its size. */
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import { LeatError } from '../../errors/index.ts';
import { type ArchiveHead, archiveMark } from './archive-head.ts';
import type { ExtraFile } from './portable-package.ts';

/** A file to put into an archive. */
export interface PackedFile extends ExtraFile {
  /** Its bytes, or the path of the file of this machine that has them. */
  readonly from: Uint8Array | string;
}

/** Smaller files are read at once. In bytes. */
const readAtOnce = 1024 * 1024;

/**
 * The bytes of an archive.
 *
 * @throws LeatError FLOW_LOAD when a file is not what it was when it was listed
 */
export async function* pack(files: readonly PackedFile[]): AsyncIterable<Uint8Array> {
  const output = createZstdCompress();
  // The reader is told of a failure, since it destroys the output.
  pipeline(Readable.from(contents(files), { objectMode: false }), output, () => undefined);
  yield* output as AsyncIterable<Uint8Array>;
}

async function* contents(files: readonly PackedFile[]): AsyncIterable<Uint8Array> {
  const listed = files.map(({ name, hash, size, executable }) => ({
    name,
    hash,
    size,
    ...(executable === undefined ? {} : { executable }),
  }));
  const head: ArchiveHead = { files: listed };
  yield Buffer.from(`${archiveMark}${JSON.stringify(head)}\n`);
  for (const file of files) yield* checked(file);
}

/** What a file has become since it was listed must not go by under its old hash. */
async function* checked(file: PackedFile): AsyncIterable<Uint8Array> {
  const sum = createHash('sha256');
  let size = 0;
  for await (const piece of bytesOf(file)) {
    sum.update(piece);
    size += piece.length;
    // The list says where the next file begins.
    if (size > file.size) break;
    yield piece;
  }
  if (size !== file.size || sum.digest('hex') !== file.hash) throw changed(file.name);
}

async function* bytesOf({ from, size }: PackedFile): AsyncIterable<Uint8Array> {
  try {
    if (typeof from !== 'string') yield from;
    else if (size <= readAtOnce) yield readFileSync(from);
    else yield* createReadStream(from, { highWaterMark: readAtOnce }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw changed(from as string, cause);
  }
}

/** A file is not what it was when the package was built. */
export const changed = (name: string, cause?: unknown): LeatError =>
  new LeatError('FLOW_LOAD', `'${name}' has changed since the code package was built`, {
    hint: 'Start the run again, when nothing writes to the project.',
    ...(cause === undefined ? {} : { cause }),
  });
