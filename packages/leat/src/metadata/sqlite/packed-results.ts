/**
 * The results of neighbouring tasks of one chunk as bytes, about six a task: four columns as variable-length integers, each
 * told as its difference from what the task before lets expect, since a pack is written without gaps, by one task after
 * the other.
 */

/** Where one task's manifest lies in its pack, in bytes, and when the task ran, in milliseconds since the epoch. */
export interface PackedResult {
  readonly offset: number;
  readonly length: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** The same of many tasks, as columns. */
export interface ResultColumns {
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
  readonly startedAt: readonly number[];
  readonly endedAt: readonly number[];
}

const mostBytesOfNumber = 8;

/** The entries `from` to `to` (exclusive) of the columns. */
export function packResults(columns: ResultColumns, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array((to - from) * 4 * mostBytesOfNumber);
  let end = 0;
  let before: PackedResult = { offset: 0, length: 0, startedAt: 0, endedAt: 0 };
  for (let index = from; index < to; index += 1) {
    const offset = columns.offsets[index] ?? 0;
    const length = columns.lengths[index] ?? 0;
    const startedAt = columns.startedAt[index] ?? 0;
    const endedAt = columns.endedAt[index] ?? 0;
    end = writeNumber(bytes, end, offset - before.offset - before.length);
    end = writeNumber(bytes, end, length - before.length);
    end = writeNumber(bytes, end, startedAt - before.endedAt);
    end = writeNumber(bytes, end, endedAt - startedAt);
    before = { offset, length, startedAt, endedAt };
  }
  return bytes.slice(0, end);
}

/** The inverse of {@link packResults}. */
export function unpackResults(bytes: Uint8Array): readonly PackedResult[] {
  const numbers = readNumbers(bytes);
  const results: PackedResult[] = [];
  let before: PackedResult = { offset: 0, length: 0, startedAt: 0, endedAt: 0 };
  for (let at = 0; at + 3 < numbers.length; at += 4) {
    const offset = before.offset + before.length + (numbers[at] ?? 0);
    const length = before.length + (numbers[at + 1] ?? 0);
    const startedAt = before.endedAt + (numbers[at + 2] ?? 0);
    before = { offset, length, startedAt, endedAt: startedAt + (numbers[at + 3] ?? 0) };
    results.push(before);
  }
  return results;
}

/** Where manifests lie in one pack, in bytes. */
export type PlaceColumns = Pick<ResultColumns, 'offsets' | 'lengths'>;

/** The entries `from` to `to` (exclusive) of columns without times, about three bytes each. */
export function packPlaces(columns: PlaceColumns, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array((to - from) * 2 * mostBytesOfNumber);
  let end = 0;
  let [next, before] = [0, 0];
  for (let index = from; index < to; index += 1) {
    const offset = columns.offsets[index] ?? 0;
    const length = columns.lengths[index] ?? 0;
    end = writeNumber(bytes, end, offset - next);
    end = writeNumber(bytes, end, length - before);
    next = offset + length;
    before = length;
  }
  return bytes.slice(0, end);
}

/** The inverse of {@link packPlaces}. */
export function unpackPlaces(bytes: Uint8Array): PlaceColumns {
  const numbers = readNumbers(bytes);
  const offsets: number[] = [];
  const lengths: number[] = [];
  let [next, length] = [0, 0];
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    const offset = next + (numbers[at] ?? 0);
    length += numbers[at + 1] ?? 0;
    offsets.push(offset);
    lengths.push(length);
    next = offset + length;
  }
  return { offsets, lengths };
}

/** Seven bits a byte, lowest first; the sign is the lowest of all. Without bit operations where they would cut at 32 bits. */
function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  let end = at;
  while (rest >= 128) {
    bytes[end] = (rest % 128) + 128;
    end += 1;
    rest = Math.floor(rest / 128);
  }
  bytes[end] = rest;
  return end + 1;
}

function readNumbers(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte % 128) * factor;
    factor *= 128;
    if (byte >= 128) continue;
    numbers.push(value % 2 === 0 ? value / 2 : -(value + 1) / 2);
    value = 0;
    factor = 1;
  }
  return numbers;
}
