/**
 * The commit of an attempt: the last thing it does. Its artifacts are already in the store under the names of their
 * content, where nobody looks for them; this one object names them all, and appears whole or never, for exactly one of
 * any number of copies of the attempt (a platform may start one twice). So a task's results are all there or not there,
 * and an attempt that died half-way left nothing visible. It must not decide what a task's result is: the engine does,
 * by reading the manifest.
 * next: `client/run-reader.ts`
 */
import type { Datastore } from './datastore.ts';
import type { AttemptManifest } from './manifest.ts';
import { sealManifest } from './manifest-seal.ts';

/** `exists`: another copy of the attempt has committed; its manifest stands and this one's is dropped. */
export type CommitResult = 'committed' | 'exists';

/**
 * Commits an attempt with create-if-absent.
 *
 * @param key `manifestKey(…)` of the attempt
 * @throws LeatError STORE_UNAVAILABLE when the store cannot be written: nothing is committed then
 */
export function commitAttempt(store: Datastore, key: string, manifest: AttemptManifest): CommitResult {
  return store.createSync(key, [manifestBytes(manifest)]) ? 'committed' : 'exists';
}

/** {@link commitAttempt} for the engine, whose loop must not wait for a disk. */
export async function commitAttemptAsync(
  store: Datastore,
  key: string,
  manifest: AttemptManifest,
): Promise<CommitResult> {
  return (await store.create(key, [manifestBytes(manifest)])) ? 'committed' : 'exists';
}

const manifestBytes = (manifest: AttemptManifest): Uint8Array =>
  Buffer.from(`${sealManifest(manifest)}\n`, 'utf8');
