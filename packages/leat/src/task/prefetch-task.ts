import type { ArtifactStore } from '../datastore/artifact-store.ts';
import type { Datastore } from '../datastore/datastore.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import type { FlowFields } from './flow-fields.ts';

/** What to fetch, and into what. */
export interface Prefetch {
  readonly spec: TaskSpec;
  readonly store: Datastore;
  readonly artifacts: ArtifactStore;
  readonly fields: FlowFields;
}

/**
 * Fetches what the step's source mentions, where a fetch is slow; a folder is read as fast when a field is touched. A
 * step touches fields synchronously, so what was not foreseen holds up its whole process.
 */
export async function prefetchTask({ spec, store, artifacts, fields }: Prefetch): Promise<void> {
  if (store.localPath(spec.manifest) !== undefined) return;
  await artifacts.prefetch(spec.reads.flatMap((name) => fields.inheritedRef(name) ?? []));
}
