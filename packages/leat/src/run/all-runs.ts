import type { MetadataStore, RunQuery, RunRecord } from '../metadata/metadata-store.ts';

/** Runs read at a time. */
const pageSize = 100;

/** Where the data of a run are: in just one datastore, or in any of a kind (`file`, `s3`). */
export interface DataPlace {
  readonly datastore?: string;
  readonly scheme?: string;
}

/** All runs that fit, newest first, in pages. */
export async function* allRuns(
  metadata: MetadataStore,
  { scheme, ...query }: Omit<RunQuery, 'limit' | 'before'> & DataPlace = {},
): AsyncGenerator<RunRecord> {
  let before: RunRecord | undefined;
  for (;;) {
    const page = await metadata.runs({
      ...query,
      limit: pageSize,
      ...(before === undefined ? {} : { before }),
    });
    yield* scheme === undefined ? page : page.filter((run) => run.datastore.startsWith(`${scheme}:`));
    before = page.at(-1);
    if (page.length < pageSize) return;
  }
}
