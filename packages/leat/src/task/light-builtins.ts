/**
 * A few functions of Node as the runner's bundle has them (`scripts/lazy-builtins.ts` puts them in the place of Node's):
 * small inputs are done here, since loading `node:crypto` or `node:zlib` takes longer than most tasks; large ones go to
 * Node. They give what Node gives, to the byte.
 */
import type crypto from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import type zlib from 'node:zlib';

/** Above this Node's own code is faster, also with the time to load it. In bytes. */
const mostBytes = 4096;

const nodeCrypto = (): typeof crypto => process.getBuiltinModule('node:crypto');

/** The first 32 bits of the fractional parts of the roots of the first primes: square roots start the state, cube roots are the rounds'. */
function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const found = new Uint32Array(count);
  let filled = 0;
  for (let candidate = 2; filled < count; candidate += 1) {
    if (!isPrime(candidate)) continue;
    found[filled] = (root(candidate) % 1) * 2 ** 32;
    filled += 1;
  }
  return found;
}

function isPrime(candidate: number): boolean {
  for (let factor = 2; factor * factor <= candidate; factor += 1) if (candidate % factor === 0) return false;
  return true;
}

const start = /* @__PURE__ */ fractions(8, Math.sqrt);
const rounds = /* @__PURE__ */ fractions(64, Math.cbrt);

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** SHA-256 of a few bytes, in hex. */
export function shortSha256(bytes: Uint8Array): string {
  const blocks = Buffer.alloc((((bytes.length + 8) >> 6) + 1) << 6);
  blocks.set(bytes);
  blocks[bytes.length] = 0x80;
  blocks.writeUInt32BE(bytes.length * 8, blocks.length - 4);
  const state = Uint32Array.from(start);
  const words = new Uint32Array(64);
  for (let offset = 0; offset < blocks.length; offset += 64) mix(state, words, blocks.subarray(offset, offset + 64));
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('');
}

function mix(state: Uint32Array, words: Uint32Array, block: Buffer): void {
  const word = (index: number): number => words[index] ?? 0;
  for (let index = 0; index < 16; index += 1) words[index] = block.readUInt32BE(index * 4);
  for (let index = 16; index < 64; index += 1) {
    const near = word(index - 15);
    const late = word(index - 2);
    const first = rotate(near, 7) ^ rotate(near, 18) ^ (near >>> 3);
    const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[index] = word(index - 16) + first + word(index - 7) + second;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let index = 0; index < 64; index += 1) {
    const choice = (e & f) ^ (~e & g);
    const sum = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + (rounds[index] ?? 0) + word(index);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const next = sum + (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + sum) | 0, c, b, a, next | 0];
  }
  for (const [index, value] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] ?? 0) + value;
}

/** `crypto.hash`. */
export function hash(algorithm: string, data: string | Uint8Array, encoding: crypto.BinaryToTextEncoding = 'hex'): string {
  const isShort = algorithm === 'sha256' && encoding === 'hex' && typeof data !== 'string' && data.length <= mostBytes;
  return isShort ? shortSha256(data) : nodeCrypto().hash(algorithm, data, encoding);
}

/** `crypto.randomBytes`, from the same kernel. */
export function randomBytes(size: number): Buffer {
  try {
    const source = openSync('/dev/urandom', 'r');
    const bytes = Buffer.alloc(size);
    const read = readSync(source, bytes);
    closeSync(source);
    if (read === size) return bytes;
  } catch {
    // A machine without it: Node knows another way.
  }
  return nodeCrypto().randomBytes(size);
}

let table: Uint32Array | undefined;

function crcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xed_b8_83_20 : value >>> 1;
    return value;
  });
}

/** `zlib.crc32`. */
export function crc32(data: Uint8Array, value = 0): number {
  if (data.length > mostBytes) return (process.getBuiltinModule('node:zlib') as typeof zlib).crc32(data, value);
  table ??= crcTable();
  let sum = ~value;
  for (const byte of data) sum = (table[(sum ^ byte) & 0xff] ?? 0) ^ (sum >>> 8);
  return ~sum >>> 0;
}
