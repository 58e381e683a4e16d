/**
 * A few functions of Node as the runner's bundle has them (`scripts/lazy-builtins.ts` puts them in the place of Node's):
 * small inputs are done here, since loading `node:crypto` or `node:zlib` takes longer than most tasks; large ones go to
 * Node. They give what Node gives, to the byte.
 */
import type crypto from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** Above this Node's own code is faster, also with the time to load it. In bytes. */
const mostBytes = 4096;
const mostSummed = 1024;

const nodeCrypto = (): typeof crypto => process.getBuiltinModule('node:crypto');

// Of FIPS 180-4: the fractional parts of the square roots of the first 8 primes, and of the cube roots of the first 64.
const start = '6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19';
const rounds = view(
  '428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5d807aa9812835b01243185be550c7dc3' +
    '72be5d7480deb1fe9bdc06a7c19bf174e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da' +
    '983e5152a831c66db00327c8bf597fc7c6e00bf3d5a7914706ca63511429296727b70a852e1b21384d2c6dfc53380d13' +
    '650a7354766a0abb81c2c92e92722c85a2bfe8a1a81a664bc24b8b70c76c51a3d192e819d6990624f40e3585106aa070' +
    '19a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3748f82ee78a5636f84c878148cc70208' +
    '90befffaa4506cebbef9a3f7c67178f2',
);

function view(hex: string): DataView {
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
  return new DataView(bytes.buffer);
}

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** Three rotations at once: a function that is called a thousand times is one that V8 starts to optimize. */
const rotateThrice = (word: number, by: number, then: number, last: number): number =>
  ((word >>> by) | (word << (32 - by))) ^
  ((word >>> then) | (word << (32 - then))) ^
  ((word >>> last) | (word << (32 - last)));

/** SHA-256 of a few bytes, in hex. */
function shortSha256(bytes: Uint8Array): string {
  const blocks = Buffer.alloc((((bytes.length + 8) >> 6) + 1) << 6);
  blocks.set(bytes);
  blocks.writeUInt8(0x80, bytes.length);
  blocks.writeUInt32BE(bytes.length * 8, blocks.length - 4);
  const state = view(start);
  const words = new DataView(new ArrayBuffer(256));
  for (let offset = 0; offset < blocks.length; offset += 64) {
    new Uint8Array(words.buffer).set(blocks.subarray(offset, offset + 64));
    expand(words);
    mix(state, words);
  }
  return Buffer.from(state.buffer).toString('hex');
}

/** 16 words become 64. */
function expand(words: DataView): void {
  for (let at = 64; at < 256; at += 4) {
    const near = words.getInt32(at - 60);
    const late = words.getInt32(at - 8);
    const first = rotate(near, 7) ^ rotate(near, 18) ^ (near >>> 3);
    const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words.setInt32(at, words.getInt32(at - 64) + first + words.getInt32(at - 28) + second);
  }
}

/** 64 rounds on the eight words a … h, and their sum with what they were. */
function mix(state: DataView, words: DataView): void {
  let [a, b, c, d] = fourWords(state, 0);
  let [e, f, g, h] = fourWords(state, 16);
  for (let at = 0; at < 256; at += 4) {
    const choice = (e & f) ^ (~e & g);
    const late = rotateThrice(e, 6, 11, 25);
    const sum = (h + late + choice + rounds.getInt32(at) + words.getInt32(at)) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const early = rotateThrice(a, 2, 13, 22);
    h = g;
    g = f;
    f = e;
    e = (d + sum) | 0;
    d = c;
    c = b;
    b = a;
    a = (sum + early + majority) | 0;
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries())
    state.setInt32(index * 4, state.getInt32(index * 4) + word);
}

function fourWords(from: DataView, at: number): [number, number, number, number] {
  return [from.getInt32(at), from.getInt32(at + 4), from.getInt32(at + 8), from.getInt32(at + 12)];
}

/** `crypto.hash`. */
export function hash(algorithm: string, data: string | Uint8Array, encoding: BufferEncoding = 'hex'): string {
  const isShort =
    algorithm === 'sha256' && encoding === 'hex' && typeof data !== 'string' && data.length <= mostBytes;
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

/** One step of CRC-32: what a byte comes to. */
function crcOf(byte: number): number {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xed_b8_83_20 : value >>> 1;
  return value;
}

/** `zlib.crc32`. */
export function crc32(data: Uint8Array, value = 0): number {
  // A table of all bytes is more work than a few bytes are.
  if (data.length > mostSummed) return process.getBuiltinModule('node:zlib').crc32(data, value);
  let sum = ~value;
  for (const byte of data) sum = crcOf((sum ^ byte) & 0xff) ^ (sum >>> 8);
  return ~sum >>> 0;
}
