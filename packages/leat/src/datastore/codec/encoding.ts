/**
 * What a value looks like in the store. An encoding is `[length of the label: 1 byte][label][body]`; the label is the
 * codec's name with its version, then what the codec itself needs to know (`bytes/1 Float64Array`). So the bytes say
 * what they are, the hash covers the kind of a value as well as its content, and the body stands apart: it is compressed
 * alone and a typed array is read straight into memory of its own.
 */
import { createHash, hash } from 'node:crypto';

export interface Encoding {
  /** `v8/1`, `bytes/1`, `utf8/1`, `file/1`. */
  readonly codec: string;
  /** Length byte and label. */
  readonly head: Uint8Array;
  readonly body: Uint8Array;
  /** sha256 of the stored files that the value refers to. */
  readonly files: readonly string[];
}

/** Longest label, from its one length byte. */
export const longestLabel = 255;

// OpenSSL's update takes less than 2 GiB.
const bytesPerUpdate = 2 ** 30;
const smallBytes = 16 * 1024;

/** The head of an encoding, `codec` followed by what else the label says. */
export function encodingHead(codec: string, ...rest: readonly string[]): Uint8Array {
  const label = Buffer.from([codec, ...rest].join(' '), 'latin1');
  return Buffer.concat([Buffer.of(label.byteLength), label]);
}

/** `v8/1`, `bytes/1 Float64Array` → codec and the rest; `undefined` when the bytes are cut off. */
export function readHead(bytes: Uint8Array): { codec: string; rest: string; length: number } | undefined {
  const length = 1 + (bytes[0] ?? 0);
  if (length === 1 || bytes.byteLength < length) return undefined;
  const label = Buffer.from(bytes.buffer, bytes.byteOffset + 1, length - 1).toString('latin1');
  const cut = label.indexOf(' ');
  return cut < 0
    ? { codec: label, rest: '', length }
    : { codec: label.slice(0, cut), rest: label.slice(cut + 1), length };
}

/** sha256 (hex) over parts as if they were joined. */
export function hashParts(parts: readonly Uint8Array[]): string {
  if (parts.reduce((sum, part) => sum + part.byteLength, 0) <= smallBytes)
    return hash('sha256', Buffer.concat(parts));
  const sum = createHash('sha256');
  for (const part of parts) {
    for (let first = 0; first < part.byteLength; first += bytesPerUpdate) {
      sum.update(part.subarray(first, first + bytesPerUpdate));
    }
  }
  return sum.digest('hex');
}
