import type { Datastore } from '../datastore.ts';
import type { AttemptManifest } from '../manifest.ts';
import { parseManifest } from '../read-manifest.ts';
import type { PackLine } from './pack-line.ts';
import { formatPackedKey } from './packed-key.ts';
import { readPackBlock } from './tail-pack.ts';

/** A member's line, its manifest, and the key that the manifest has elsewhere. */
export interface PackEntry {
  readonly key: string;
  readonly line: PackLine;
  readonly manifest: AttemptManifest;
}

/**
 * All that a pack holds, in the order in which the members finished, read in large blocks one at a time; nothing when there
 * is no pack. Throws `STORE_CORRUPT` naming the pack and the place.
 */
export async function* readPack(store: Datastore, pack: string): AsyncGenerator<PackEntry> {
  for (let from = 0, more = true; more;) {
    const { bytes, lines, ...rest } = await readPackBlock(store, pack, from);
    for (const line of lines) {
      const key = formatPackedKey({ pack, offset: line.offset, length: line.length });
      const start = line.offset - from;
      yield { key, line, manifest: parseManifest(key, bytes.subarray(start, start + line.length)) };
    }
    ({ next: from, more } = rest);
  }
}
