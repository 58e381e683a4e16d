import type { MetadataStore, RunRecord } from '../metadata/metadata-store.ts';
import type { Origin, OriginResult } from '../scheduler/origin.ts';

const pageSize = 5000;

/** The origin run's results, read once before the new run starts. */
export interface OriginTable extends Origin {
  /** Tasks that succeeded there. */
  readonly size: number;
}

/**
 * Reads what an older run has decided. A result that the older run had itself reused names the run that made it.
 *
 * @param fresh Steps from which on nothing is reused.
 */
export async function readOrigin(
  metadata: MetadataStore,
  origin: RunRecord,
  fresh: readonly string[],
): Promise<OriginTable> {
  const results = new Map<string, OriginResult>();
  let after: string | undefined;
  for (;;) {
    const page = await metadata.tasks(origin.flow, origin.id, {
      status: 'succeeded',
      limit: pageSize,
      ...(after === undefined ? {} : { after }),
    });
    for (const { task, manifest, outcome, originRun } of page) {
      if (manifest !== undefined && outcome !== undefined)
        results.set(task, { manifest, outcome, run: originRun ?? origin.id });
    }
    after = page.at(-1)?.task;
    if (page.length < pageSize) break;
  }
  return { run: origin.id, fresh, size: results.size, result: (task) => results.get(task) };
}
