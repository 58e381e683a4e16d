import type { MetadataStore, RunRecord, TaskRecord } from '../metadata/metadata-store.ts';
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
  for await (const { task, manifest, outcome, originRun } of allTasks(metadata, origin, 'succeeded')) {
    if (manifest !== undefined && outcome !== undefined)
      results.set(task, { manifest, outcome, run: originRun ?? origin.id });
  }
  return { run: origin.id, fresh, size: results.size, result: (task) => results.get(task) };
}

/**
 * The table as the run that is to be recovered knew it. The origin run may have been recovered, too, and have more results
 * by now: a task that the run has started itself was not among them.
 */
export async function withoutOwnTasks(
  table: Origin,
  metadata: MetadataStore,
  run: RunRecord,
): Promise<Origin> {
  const own = new Set<string>();
  for await (const { task, attempts } of allTasks(metadata, run)) {
    if (attempts > 0 && table.result(task) !== undefined) own.add(task);
  }
  return { ...table, result: (task) => (own.has(task) ? undefined : table.result(task)) };
}

async function* allTasks(
  metadata: MetadataStore,
  { flow, id }: RunRecord,
  status?: TaskRecord['status'],
): AsyncGenerator<TaskRecord> {
  for (let after: string | undefined; ;) {
    const page = await metadata.tasks(flow, id, {
      limit: pageSize,
      ...(status === undefined ? {} : { status }),
      ...(after === undefined ? {} : { after }),
    });
    yield* page;
    after = page.at(-1)?.task;
    if (page.length < pageSize) return;
  }
}
