import type { RunQuery, RunRecord } from '../metadata/metadata-store.ts';

/** Rows of one page. */
const pageSize = 100;

/** All runs of a query, page by page. */
export async function* pages(
  query: RunQuery,
  read: (query: RunQuery) => Promise<readonly RunRecord[]>,
): AsyncGenerator<RunRecord> {
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  let { before } = query;
  while (left > 0) {
    const limit = Math.min(left, pageSize);
    const page = await read({ ...query, limit, ...(before === undefined ? {} : { before }) });
    yield* page;
    left -= page.length;
    before = page.at(-1);
    if (page.length < limit) return;
  }
}
