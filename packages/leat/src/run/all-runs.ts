import type { MetadataStore, RunQuery, RunRecord } from '../metadata/metadata-store.ts';

/** Runs read at a time. */
const pageSize = 100;

/** All runs that fit, newest first, in pages. */
export async function* allRuns(
  metadata: MetadataStore,
  query: Omit<RunQuery, 'limit' | 'before'> = {},
): AsyncGenerator<RunRecord> {
  let before: RunRecord | undefined;
  for (;;) {
    const page = await metadata.runs({
      ...query,
      limit: pageSize,
      ...(before === undefined ? {} : { before }),
    });
    yield* page;
    before = page.at(-1);
    if (page.length < pageSize) return;
  }
}
