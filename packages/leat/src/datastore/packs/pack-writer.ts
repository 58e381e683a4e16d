import type { Datastore } from '../datastore.ts';
import type { AttemptManifest } from '../manifest.ts';
import { formatPackLine } from './pack-line.ts';

/** Takes the manifests of a chunk's members, for the process that runs them. */
export interface PackWriter {
  /**
   * Commits a member: one write, whole when it returns.
   *
   * @param member its place in the chunk, from 0
   * @param last the process ends with it, and begins none of those after it
   * @throws LeatError STORE_UNAVAILABLE when the store cannot be written: the member is not committed then, and the pack is as before
   */
  commit(member: number, manifest: AttemptManifest, last?: boolean): void;
  close(): void;
}

/** Creates the pack of a chunk; `undefined` when it is there already: another copy of the chunk runs, or has run. */
export function createPack(store: Datastore, key: string): PackWriter | undefined {
  const log = store.createLogSync(key);
  if (log === undefined) return undefined;
  return {
    commit: (member, manifest, last) => log.append(formatPackLine(member, manifest, last)),
    close: () => log.close(),
  };
}
