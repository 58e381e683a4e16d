/**
 * What a job prints, as it is stored: frames of `<milliseconds since the epoch> <o|e> <member or -> <bytes>\n`, each followed by so many bytes
 * as they came from the pipe. Nothing is decoded, so a character that a frame cuts is whole again when frames are joined; and a person
 * who looks at the object reads most of it.
 */
import type { LogChunk } from '../compute/compute-layer.ts';
import { LeatError } from '../errors/index.ts';

/** A piece of output with the time at which the agent read it. */
export interface PrintedChunk extends LogChunk {
  readonly at: number;
}

const letters = { stdout: 'o', stderr: 'e' } as const;
const newline = 10;
const headPattern = /^(\d{1,16}) ([oe]) (-|\d{1,10}) (\d{1,10})$/;
const longestHead = 64;

/** A frame of pieces that belong together: one stream, one member, one moment. */
export function encodeFrame(
  { at, stream, member }: Omit<PrintedChunk, 'bytes'>,
  parts: readonly Uint8Array[],
): readonly Uint8Array[] {
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const head = `${at} ${letters[stream]} ${member ?? '-'} ${length}\n`;
  return [Buffer.from(head, 'latin1'), ...parts];
}

/** The pieces in some frames. @throws LeatError STORE_CORRUPT for what are none. */
export function* decodeFrames(bytes: Uint8Array): Generator<PrintedChunk, void, undefined> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < data.length;) {
    const end = data.subarray(at, at + longestHead).indexOf(newline);
    const head = end < 0 ? null : headPattern.exec(data.toString('latin1', at, at + end));
    const length = Number(head?.[4]);
    const from = at + end + 1;
    if (head === null || from + length > data.length)
      throw new LeatError('STORE_CORRUPT', `a stored piece of output is no frame at byte ${at}`);
    yield {
      at: Number(head[1]),
      stream: head[2] === 'e' ? 'stderr' : 'stdout',
      bytes: data.subarray(from, from + length),
      ...(head[3] === '-' ? {} : { member: Number(head[3]) }),
    };
    at = from + length;
  }
}
