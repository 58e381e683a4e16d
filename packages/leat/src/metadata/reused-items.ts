/** What a `tasks-reused` says of each of its items: its meaning is that of these events, one after the other. */
import { memberAddress } from './chunk-events.ts';
import type { ReusedResults, RunEvent } from './events.ts';

/** The event of many items. */
export type ItemsReused = Extract<RunEvent, { readonly type: 'tasks-reused' }>;

/** Key of the manifest of the item that is number `index` of those that results tell of, from 0 on, and stands at `place`. */
export function reusedManifest(results: ReusedResults, index: number, place: number): string {
  if (results.kind === 'named') return `${results.before}${place}${results.after}`;
  return `${results.pack}#${results.offsets[index] ?? 0}+${results.lengths[index] ?? 0}`;
}

/** What the event says of the item at a place. */
export function reusedItem(
  { at, group, from, outcome, originRun, results }: ItemsReused,
  place: number,
): Extract<RunEvent, { readonly type: 'task-reused' }> {
  const manifest = reusedManifest(results, place - from, place);
  return { type: 'task-reused', at, task: memberAddress(group, place), manifest, outcome, originRun };
}

/** What the event says of each item, in order. */
export function* reusedItems(
  event: ItemsReused,
): Generator<Extract<RunEvent, { readonly type: 'task-reused' }>> {
  for (let place = event.from; place < event.to; place += 1) yield reusedItem(event, place);
}
