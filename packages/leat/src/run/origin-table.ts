import type { MetadataStore, RunRecord, TaskRecord } from '../metadata/metadata-store.ts';
import type { Origin } from '../scheduler/state/origin.ts';
import { OriginResults } from './origin-results.ts';

const pageSize = 5000;

/** The origin run's results, read once before the new run starts. */
export interface OriginTable extends Origin {
  /** Tasks that succeeded there. */
  readonly size: number;
  /** Takes a result out, before the new run starts. */
  forget(task: string): void;
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
  const results = new OriginResults(origin.flow);
  for await (const page of taskPages(metadata, origin, 'succeeded')) {
    for (const task of page) {
      const { manifest, outcome, originRun = origin.id } = task;
      if (manifest !== undefined && outcome !== undefined)
        results.add(task, { manifest, outcome, run: originRun });
    }
  }
  return {
    run: origin.id,
    fresh,
    get size() {
      return results.size;
    },
    result: (task) => results.get(task),
    span: (group, from, to) => results.span(group, from, to),
    results: (group, from, to) => results.results(group, from, to),
    forget: (task) => results.delete(task),
  };
}

/**
 * The table as the run that is to be recovered knew it. The origin run may have been recovered, too, and have more results
 * by now: a task that the run has started itself was not among them.
 */
export async function withoutOwnTasks(
  table: OriginTable,
  metadata: MetadataStore,
  run: RunRecord,
): Promise<OriginTable> {
  for await (const page of taskPages(metadata, run)) {
    for (const { task, attempts } of page) if (attempts > 0) table.forget(task);
  }
  return table;
}

/** In pages, since a step of an async iteration for each of a million tasks takes seconds. */
async function* taskPages(
  metadata: MetadataStore,
  { flow, id }: RunRecord,
  status?: TaskRecord['status'],
): AsyncGenerator<readonly TaskRecord[]> {
  for (let after: string | undefined; ;) {
    const page = await metadata.tasks(flow, id, {
      limit: pageSize,
      ...(status === undefined ? {} : { status }),
      ...(after === undefined ? {} : { after }),
    });
    yield page;
    after = page.at(-1)?.task;
    if (page.length < pageSize) return;
  }
}
