/** What cases look at, where one call of a store does not show it. */
import assert from 'node:assert/strict';
import { type MetadataStore, project, type RunEvent, type RunRecord, type TaskRecord } from 'leat/metadata';

/** Fails unless `work` rejects with an error of this code. */
export async function rejectsWith(code: string, work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.equal((error as { code?: unknown }).code, code, String(error));
    return true;
  });
}

/** Fails unless all that a store says of a run's tasks is what its log comes to. */
export async function equalsFold(
  store: MetadataStore,
  { flow, id }: RunRecord,
  events: readonly RunEvent[],
): Promise<void> {
  const expected = project(events);
  assert.deepEqual(await store.tasks(flow, id, {}), expected.tasks);
  assert.deepEqual(await store.failures(flow, id, 1_000), expected.failures);
  const steps = [...expected.steps.values()].toSorted((a, b) => (a.step < b.step ? -1 : 1));
  assert.deepEqual(await store.steps(flow, id), steps);
  for (const task of expected.tasks) {
    assert.deepEqual(await store.task(flow, id, task.task), task);
    assert.deepEqual(await store.attempts(flow, id, task.task), expected.attempts.get(task.task) ?? []);
  }
  const run = await store.run(flow, id);
  assert.deepEqual([run?.status, run?.endedAt], [expected.run.status, expected.run.endedAt]);
}

/** All tasks of a run, read in pages of `limit`. */
export async function readInPages(
  store: MetadataStore,
  { flow, id }: RunRecord,
  limit: number,
): Promise<TaskRecord[]> {
  const all: TaskRecord[] = [];
  for (let after: string | undefined; ; after = all.at(-1)?.task) {
    const page = await store.tasks(flow, id, { limit, ...(after === undefined ? {} : { after }) });
    all.push(...page);
    if (page.length < limit) return all;
  }
}

export function addresses(tasks: readonly TaskRecord[]): string[] {
  return tasks.map(({ task }) => task);
}

/** All that a source yields. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of source) all.push(value);
  return all;
}
