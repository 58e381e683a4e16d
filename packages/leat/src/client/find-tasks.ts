import { formatTask, type TaskAddress } from '../datastore/keys.ts';
import type { TaskRecord } from '../metadata/metadata-store.ts';
import type { Neighbour } from './lineage.ts';
import type { RunContext } from './run-context.ts';
import { taskPages } from './task-pages.ts';

/** The tasks that exist at a place of the graph, in the order of their paths; read in pages. */
export async function* findTasks(context: RunContext, place: Neighbour): AsyncGenerator<TaskRecord> {
  if (place.iteration === 'last') {
    for (const found of await lastTimesRound(context, place)) yield found;
    return;
  }
  const { step, path, iteration } = place;
  if (place.each) {
    for await (const record of below(context, place)) if (record.iteration === iteration) yield record;
    return;
  }
  const { flow, id } = context.record;
  const found = await (await context.metadata()).task(flow, id, formatTask({ step, path, iteration }));
  if (found !== undefined) yield found;
}

/** All tasks of the step whose paths are those of one more foreach inside `path`. */
async function* below(context: RunContext, { step, path }: Neighbour): AsyncGenerator<TaskRecord> {
  // `step[3]` sorts before all of `step[3,…]`; without a path the step's tasks are all meant.
  const after = path.length === 0 ? {} : { after: formatTask({ step, path, iteration: 0 }) };
  for await (const record of taskPages(context, { step, ...after })) {
    if (!path.every((index, depth) => record.path[depth] === index)) return;
    if (record.path.length === path.length + 1) yield record;
  }
}

/** The last visit at each path: a loop leaves as many tasks at one path as it went round. */
async function lastTimesRound(context: RunContext, place: Neighbour): Promise<readonly TaskRecord[]> {
  const last = new Map<string, TaskRecord>();
  const candidates = place.each ? below(context, place) : visits(context, place);
  for await (const record of candidates) last.set(record.path.join(), record);
  return [...last.values()];
}

async function* visits(context: RunContext, { step, path }: Neighbour): AsyncGenerator<TaskRecord> {
  const first: TaskAddress = { step, path, iteration: 0 };
  const { flow, id } = context.record;
  const start = await (await context.metadata()).task(flow, id, formatTask(first));
  if (start !== undefined) yield start;
  for await (const record of taskPages(context, { step, after: formatTask(first) })) {
    if (record.path.join() !== path.join()) return;
    yield record;
  }
}
