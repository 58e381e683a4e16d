/**
 * The stored form of a large value: a header of fixed size, the head of its encoding, then the body as it is or
 * compressed. Compression is by segments with a table of their sizes, so that memory stays bounded, bodies above 2 GiB
 * work, and a value is decompressed straight into memory of its exact size.
 */
import zlib from 'node:zlib';
import { LeatError } from '../errors/index.ts';
import { longestLabel, readHead } from './codec/encoding.ts';

const magic = 'LEAT';
const formatVersion = 1;
const headerBytes = 24;

/** As many bytes of a blob as surely hold all but the body. */
export const blobHeadBytes: number = headerBytes + 1 + longestLabel;

/** Bytes of the body in one compressed segment; the last one may have fewer. */
export const segmentBytes: number = 4 * 1024 * 1024;
const compressFromBytes = 1024;
// Below this saving, reading it back costs more than the disk that it saves.
const worthwhile = 0.85;
const sampleBytes = 16 * 1024;
const samples = 4;
// In a function: most processes that load this file compress nothing, and `node:zlib` is slow to load.
const zstd = (): zlib.ZstdOptions => ({
  params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: 256 * 1024,
});

/** What the first bytes of a blob say. Offsets and lengths in bytes. */
export interface BlobHead {
  readonly codec: string;
  readonly rest: string;
  readonly head: Uint8Array;
  readonly compressed: boolean;
  readonly bodyLength: number;
  readonly storedStart: number;
  readonly storedLength: number;
}

/** The parts of a blob, ready to be written one after the other; the body is compressed where that pays. */
export function blobParts(head: Uint8Array, body: Uint8Array): readonly Uint8Array[] {
  const segments = compress(body);
  const stored = segments ?? [body];
  const header = Buffer.alloc(headerBytes);
  header.write(magic, 'latin1');
  header[4] = formatVersion;
  header[5] = segments === undefined ? 0 : 1;
  header.writeBigUInt64LE(BigInt(body.byteLength), 8);
  header.writeBigUInt64LE(BigInt(stored.reduce((sum, part) => sum + part.byteLength, 0)), 16);
  return [header, head, ...stored];
}

/** Reads the start of a blob; throws `STORE_CORRUPT` naming `key`. */
export function readBlobHead(key: string, bytes: Uint8Array): BlobHead {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < headerBytes || view.toString('latin1', 0, 4) !== magic)
    throw corrupt(key, 'it is no value that Leat wrote');
  if (view[4] !== formatVersion)
    throw corrupt(key, `it has format ${view[4]}, this version of Leat reads format ${formatVersion}`);
  const label = readHead(bytes.subarray(headerBytes));
  if (label === undefined) throw corrupt(key, 'it is cut off');
  const storedStart = headerBytes + label.length;
  return {
    codec: label.codec,
    rest: label.rest,
    head: bytes.subarray(headerBytes, storedStart),
    compressed: view[5] === 1,
    bodyLength: Number(view.readBigUInt64LE(8)),
    storedStart,
    storedLength: Number(view.readBigUInt64LE(16)),
  };
}

/** The body from its stored bytes; throws `STORE_CORRUPT` naming `key`. */
export function readBlobBody(
  key: string,
  { compressed, bodyLength, storedLength }: BlobHead,
  stored: Uint8Array,
): Uint8Array {
  if (stored.byteLength !== storedLength)
    throw corrupt(key, `it has ${stored.byteLength} bytes where ${storedLength} were written`);
  if (!compressed) return stored;
  try {
    return decompress(stored, bodyLength);
  } catch (error) {
    throw corrupt(key, 'it cannot be decompressed', error);
  }
}

/** The error for bytes that are not what was written. */
export function corrupt(key: string, reason: string, cause?: unknown): LeatError {
  return new LeatError('STORE_CORRUPT', `'${key}' is damaged: ${reason}`, {
    hint: 'Check the disk. `leat doctor --repair` moves what is damaged aside; then run the step that made it again: `leat resume RUN --from STEP`.',
    cause,
    details: { key },
  });
}

/** A table of segment sizes and the segments, or `undefined` when the data does not shrink. */
function compress(body: Uint8Array): readonly Uint8Array[] | undefined {
  if (body.byteLength <= compressFromBytes || !looksCompressible(body)) return undefined;
  const segments: Uint8Array[] = [];
  let stored = 0;
  for (let first = 0; first < body.byteLength; first += segmentBytes) {
    const segment = zlib.zstdCompressSync(body.subarray(first, first + segmentBytes), zstd());
    stored += segment.byteLength;
    segments.push(segment);
    // The samples may have been the only part that shrinks.
    if (stored > Math.min(first + segmentBytes, body.byteLength) * worthwhile) return undefined;
  }
  const table = Buffer.alloc(4 * segments.length);
  for (const [index, segment] of segments.entries()) table.writeUInt32LE(segment.byteLength, 4 * index);
  return [table, ...segments];
}

function looksCompressible(body: Uint8Array): boolean {
  if (body.byteLength <= samples * sampleBytes) return true;
  const stride = Math.floor((body.byteLength - sampleBytes) / (samples - 1));
  let packed = 0;
  for (let sample = 0; sample < samples; sample++) {
    packed += zlib.zstdCompressSync(
      body.subarray(sample * stride, sample * stride + sampleBytes),
      zstd(),
    ).byteLength;
  }
  return packed <= samples * sampleBytes * worthwhile;
}

function decompress(stored: Uint8Array, bodyLength: number): Uint8Array {
  const count = Math.ceil(bodyLength / segmentBytes);
  const table = Buffer.from(stored.buffer, stored.byteOffset, 4 * count);
  const body = Buffer.allocUnsafeSlow(bodyLength);
  let from = 4 * count;
  for (let index = 0; index < count; index++) {
    const length = table.readUInt32LE(4 * index);
    const start = index * segmentBytes;
    const size = Math.min(segmentBytes, bodyLength - start);
    const segment = openSegment(stored.subarray(from, from + length), size);
    segment.copy(body, start);
    from += length;
  }
  return body;
}

/** One segment decompressed; throws a `RangeError`, or what zlib throws, when it has not just `size` bytes. */
export function openSegment(packed: Uint8Array, size: number): Buffer {
  // More than the segment, or zlib asks for a second buffer to learn that it is done.
  const segment = zlib.zstdDecompressSync(packed, { chunkSize: size + 64, maxOutputLength: size + 64 });
  if (segment.byteLength !== size) throw new RangeError('a segment has another size than was written');
  return segment;
}
