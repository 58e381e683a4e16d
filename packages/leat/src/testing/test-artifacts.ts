import { ArtifactStore } from '../datastore/artifact-store.ts';
import { commitAttempt } from '../datastore/commit-attempt.ts';
import type { Datastore } from '../datastore/datastore.ts';
import { InlineBudget } from '../datastore/inline-budget.ts';
import type { ArtifactRef, AttemptManifest } from '../datastore/manifest.ts';

/** Leaves artifacts as an earlier task would: what cannot be stored is refused here, too. */
export async function leaveArtifacts(
  store: Datastore,
  {
    key,
    task,
    artifacts,
  }: { readonly key: string; readonly task: string; readonly artifacts: Readonly<Record<string, unknown>> },
): Promise<void> {
  const budget = new InlineBudget();
  const encoder = new ArtifactStore(store);
  const refs: Record<string, ArtifactRef> = {};
  for (const [name, value] of Object.entries(artifacts))
    refs[name] = await encoder.saveAsync(name, value, budget);
  const head = { version: 1, task, attempt: 0, token: task, startedAt: 0, endedAt: 0 } as const;
  commitAttempt(store, key, { ...head, status: 'succeeded', outcome: { kind: 'linear' }, artifacts: refs });
}

/** The artifacts of a committed attempt, each read when it is first touched. */
export function readArtifacts<T>(store: Datastore, manifest: AttemptManifest): T {
  const values = {};
  if (manifest.status === 'failed') return values as T;
  const decoder = new ArtifactStore(store);
  for (const [name, ref] of Object.entries(manifest.artifacts)) {
    let read: { readonly value: unknown } | undefined;
    const get = (): unknown => (read ??= { value: decoder.load(ref) }).value;
    Object.defineProperty(values, name, { get, enumerable: true });
  }
  return values as T;
}
