import crypto from 'node:crypto';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32, hash, randomBytes } from './light-builtins.ts';

const bytes = fc.uint8Array({ maxLength: 6000, size: 'max' });

it('hashes as Node does', () => {
  for (let length = 0; length < 300; length += 1) {
    const data = Buffer.alloc(length, length);
    expect(hash('sha256', data)).toBe(crypto.hash('sha256', data));
  }
  fc.assert(fc.property(bytes, (data) => hash('sha256', data) === crypto.hash('sha256', data)));
  expect(hash('sha512', Buffer.from('x'))).toBe(crypto.hash('sha512', 'x'));
  expect(hash('sha256', 'text', 'base64')).toBe(crypto.hash('sha256', 'text', 'base64'));
});

it('sums up as Node does', () => {
  fc.assert(
    fc.property(
      bytes,
      fc.nat(0xff_ff_ff_ff),
      (data, value) => crc32(data, value) === zlib.crc32(data, value),
    ),
  );
});

it('takes random bytes of any length', () => {
  expect(randomBytes(6)).toHaveLength(6);
  expect(randomBytes(32).equals(randomBytes(32))).toBe(false);
});
