import type { Datastore } from '../datastore.ts';
import { type PackLine, parsePackLines } from './pack-line.ts';

/** What {@link tailPack} found. */
export interface PackTail {
  /** In the order in which the members finished. */
  readonly lines: readonly PackLine[];
  /** Where to read on, in bytes. */
  readonly next: number;
  /** There may be more to read just now; otherwise this is all that is written. */
  readonly more: boolean;
}

const tailBytes = 1024 * 1024;

/**
 * The lines that a pack has from a place on, at most 1 MiB of them (or one line, if that is longer); none when there is no
 * pack. The last line is left for the next call while it has no end: it is being written, or its writer was killed.
 *
 * @param from 0, or `next` of the call before
 * @throws LeatError STORE_CORRUPT naming the pack and the place
 */
export async function tailPack(store: Datastore, pack: string, from: number): Promise<PackTail> {
  const { lines, next, more } = await readPackBlock(store, pack, from);
  return { lines, next, more };
}

/** {@link tailPack} with the bytes, from `from` on. */
export async function readPackBlock(
  store: Datastore,
  pack: string,
  from: number,
): Promise<PackTail & { readonly bytes: Uint8Array }> {
  for (let size = tailBytes; ; size *= 2) {
    const bytes = (await store.get(pack, { start: from, end: from + size })) ?? new Uint8Array(0);
    const more = bytes.byteLength === size;
    const lines = parsePackLines(pack, bytes, from);
    const last = lines.at(-1);
    if (last !== undefined) return { bytes, lines, next: last.offset + last.length + 1, more };
    if (!more) return { bytes, lines, next: from, more };
  }
}
