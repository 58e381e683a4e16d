/** Tells whoever reads this process's output that a member of its chunk begins. */
import { writeSync } from 'node:fs';

const streams = [1, 2] as const;

/** A reader that is behind is asked again after this long. In milliseconds. */
const pauseMs = 1;

/** Writes the line `<mark> <number>` to both streams; returns when it is written, so that it stands before all that the member prints. */
export function writeMark(mark: string, member: number): void {
  const line = Buffer.from(`${mark} ${member}\n`, 'latin1');
  for (const stream of streams) writeWhole(stream, line);
}

function writeWhole(stream: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(stream, bytes, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Nobody listens: then nobody misses it.
      if (code === 'EPIPE' || code === 'EBADF') return;
      // A program that the step has started may have made our streams such that they do not wait.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
