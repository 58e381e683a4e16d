import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const readAtOnce = 1024 * 1024;

/** sha256 of a file of any size, hex. */
export function hashOfFile(path: string): string {
  const sum = createHash('sha256');
  const bytes = Buffer.allocUnsafe(readAtOnce);
  const file = openSync(path, 'r');
  try {
    for (let got = readSync(file, bytes); got > 0; got = readSync(file, bytes))
      sum.update(bytes.subarray(0, got));
  } finally {
    closeSync(file);
  }
  return sum.digest('hex');
}
