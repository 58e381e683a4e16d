import type { TaskQuery, TaskRecord } from '../metadata/metadata-store.ts';
import type { RunContext } from './run-context.ts';

/** Tasks of one page. */
const pageSize = 1_000;

/** All tasks of a query in order, in constant memory. Without a limit: all of them. */
export async function* taskPages(
  { record, source }: RunContext,
  query: TaskQuery,
): AsyncGenerator<TaskRecord> {
  const metadata = await source.known();
  let left = query.limit ?? Number.POSITIVE_INFINITY;
  let { after } = query;
  while (left > 0) {
    const limit = Math.min(left, pageSize);
    const page = await metadata.tasks(record.flow, record.id, {
      ...query,
      limit,
      ...(after === undefined ? {} : { after }),
    });
    yield* page;
    left -= page.length;
    after = page.at(-1)?.task;
    if (page.length < limit) return;
  }
}
