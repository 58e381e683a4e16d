/** Bytes for cases to write, and as text again. */

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

export const text = (found: Uint8Array | undefined): string | undefined =>
  found === undefined ? undefined : Buffer.from(found).toString('utf8');

/** A stream of some pieces of text. */
export async function* pieces(...parts: readonly string[]): AsyncIterable<Uint8Array> {
  for (const part of parts) yield bytes(part);
}

/** A stream of pieces of `length` bytes. */
export async function* piecesOf(whole: Uint8Array, length: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < whole.byteLength; at += length) yield whole.subarray(at, at + length);
}

/** Bytes that repeat in no short period, so that a lost or doubled piece is seen. */
export function pattern(length: number): Uint8Array {
  const made = new Uint8Array(length);
  let state = 1;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    made[index] = state >>> 24;
  }
  return made;
}
