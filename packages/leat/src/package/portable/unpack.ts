/**
 * Takes the archive of a package apart, on the machine of a task: one read of one object, each file checked against its hash and all
 * of it against the name of the package. Must stay small, since it is part of every task's program.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { createZstdDecompress } from 'node:zlib';
import { archiveMark, corrupt, longestHead, parseHead } from './archive-head.ts';
import { type ExtraFile, extrasName, type ExtrasList, packageHash } from './portable-package.ts';

/**
 * Puts the files of an archive into a folder that nobody else looks into yet.
 *
 * @param source the archive as it is stored
 * @param expected hash of the package
 * @throws LeatError STORE_CORRUPT; what the source and the file system throw
 */
export async function unpack(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  expected: string,
): Promise<void> {
  const bytes = new PieceReader(decompressed(source));
  if ((await bytes.line(archiveMark.length)) !== archiveMark.trimEnd()) throw corrupt('it is no archive');
  const { files } = parseHead(await bytes.line(longestHead));
  for (const file of files) await unpackFile(bytes, folder, file);
  if (!(await bytes.ended())) throw corrupt('more follows after its last file');
  checkWhole(files, folder, expected);
}

async function* decompressed(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const output = createZstdDecompress();
  // The reader is told of a failure, since it destroys the output.
  // Not by `Readable.from`: in the program of a task, classes of Node are stand-ins without their static methods.
  pipeline(source, output, () => undefined);
  try {
    yield* output as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !/^(?:ZSTD_|Z_|ERR_ZLIB_)/.test(code)) throw error;
    throw corrupt('it is damaged or cut', error);
  }
}

async function unpackFile(bytes: PieceReader, folder: string, file: ExtraFile): Promise<void> {
  const target = path.join(folder, file.name);
  mkdirSync(path.dirname(target), { recursive: true });
  const sum = createHash('sha256');
  // Never over what is there: no name leads to another file than its own.
  const opened = openSync(target, 'wx', file.executable === true ? 0o755 : 0o644);
  try {
    for await (const piece of bytes.take(file.size)) {
      sum.update(piece);
      for (let at = 0; at < piece.length;) at += writeSync(opened, piece, at);
    }
  } finally {
    closeSync(opened);
  }
  if (sum.digest('hex') !== file.hash) throw corrupt(`'${file.name}' has another content`);
}

interface Facts {
  readonly entry: string;
  readonly files: readonly ExtraFile[];
}

/** The hash of the package covers its bundle, and with that the list of extras. */
function checkWhole(files: readonly ExtraFile[], folder: string, expected: string): void {
  const read = <T>(name: string): T => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as T;
  const hashes = new Map(files.map((file) => [file.name, file.hash]));
  if (!hashes.has('package.json')) throw corrupt('it has no package.json');
  const facts = read<Facts>('package.json');
  if (packageHash(facts.entry, facts.files) !== expected) throw corrupt('it is that of another package');
  const known = new Map(facts.files.map((file) => [file.name, file.hash]));
  const lost = facts.files.find((file) => hashes.get(file.name) !== file.hash);
  if (lost !== undefined) throw corrupt(`'${lost.name}' is missing or has another content`);
  const extras = known.has(extrasName) ? read<ExtrasList>(extrasName).extras : [];
  for (const extra of extras) known.set(extra.name, extra.hash);
  const foreign = files.find((file) => file.name !== 'package.json' && known.get(file.name) !== file.hash);
  if (foreign !== undefined) throw corrupt(`'${foreign.name}' does not belong to it`);
}

/** Reads lines and counted bytes from pieces of any size, without joining them. */
class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  /** Without its end. @throws LeatError STORE_CORRUPT when there is no end of a line within `longest` bytes. */
  async line(longest: number): Promise<string> {
    const parts: Buffer[] = [];
    for (let length = 0; ;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) {
        parts.push(this.#rest.subarray(0, end));
        this.#rest = this.#rest.subarray(end + 1);
        return Buffer.concat(parts).toString('utf8');
      }
      parts.push(this.#rest);
      length += this.#rest.length;
      if (length > longest || !(await this.#more())) throw corrupt('its list of files has no end');
    }
  }

  /** The next `count` bytes, as they come. */
  async *take(count: number): AsyncIterable<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0 && !(await this.#more())) throw corrupt('it is cut');
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async ended(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more());
  }

  /** Takes the next piece that holds anything in place of the rest, which has been used. */
  async #more(): Promise<boolean> {
    for (;;) {
      const next = await this.#pieces.next();
      if (next.done === true) return false;
      const { buffer, byteOffset, byteLength } = next.value;
      this.#rest = Buffer.from(buffer, byteOffset, byteLength);
      if (this.#rest.length > 0) return true;
    }
  }
}
