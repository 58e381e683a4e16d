import { parseTask } from '../datastore/keys.ts';
import { LeatError } from '../errors/index.ts';
import type { TaskQuery, TaskRecord } from '../metadata/metadata-store.ts';
import type { RunContext } from './run-context.ts';

/** Tasks of one page. */
const pageSize = 1_000;

/** All tasks of a query in order, in constant memory. Without a limit: all of them. Throws `OPTION_INVALID`. */
export async function* taskPages(
  { record, source }: RunContext,
  query: TaskQuery,
): AsyncGenerator<TaskRecord> {
  requireAddress(query.after);
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

function requireAddress(after: string | undefined): void {
  if (after === undefined || parseTask(after) !== undefined) return;
  throw new LeatError(
    'OPTION_INVALID',
    `tasks are listed after a task, and '${after}' is no address of one`,
    {
      hint: `An address within the run: after: 'train[3]', --after 'train[3]'`,
    },
  );
}
