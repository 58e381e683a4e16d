import fs from 'node:fs';
import fsp from 'node:fs/promises';
import type { ByteRange } from '../datastore.ts';
import { errorCode } from './store-error.ts';

// libuv refuses reads above 2 GiB.
const bytesPerRead = 2 ** 30;

/** A file, or a range of it cut at its end, in a buffer of its own; `undefined` when there is no such file. */
export function readFileSync(file: string, range?: ByteRange): Uint8Array | undefined {
  let fd: number;
  try {
    fd = fs.openSync(file, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { start, buffer } = allocate(fs.fstatSync(fd).size, range);
    let filled = 0;
    while (filled < buffer.byteLength) {
      const length = Math.min(buffer.byteLength - filled, bytesPerRead);
      const read = fs.readSync(fd, buffer, filled, length, start + filled);
      if (read === 0) break;
      filled += read;
    }
    return filled === buffer.byteLength ? buffer : buffer.subarray(0, filled);
  } finally {
    fs.closeSync(fd);
  }
}

/** {@link readFileSync}, asynchronously. */
export async function readFile(file: string, range?: ByteRange): Promise<Uint8Array | undefined> {
  let handle: fsp.FileHandle;
  try {
    handle = await fsp.open(file, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { start, buffer } = allocate((await handle.stat()).size, range);
    let filled = 0;
    while (filled < buffer.byteLength) {
      const length = Math.min(buffer.byteLength - filled, bytesPerRead);
      const { bytesRead } = await handle.read(buffer, filled, length, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled === buffer.byteLength ? buffer : buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** A buffer that shares its memory with nothing else: a value may be a view on it. */
function allocate(size: number, range: ByteRange | undefined): { start: number; buffer: Uint8Array } {
  const start = Math.min(range?.start ?? 0, size);
  const end = Math.max(start, Math.min(range?.end ?? size, size));
  return { start, buffer: Buffer.allocUnsafeSlow(end - start) };
}
