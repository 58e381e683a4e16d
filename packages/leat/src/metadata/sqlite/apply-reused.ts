/** Brings the tables up to date with items that a resumed run took over together. */
import type { TaskEvent } from '../task-events.ts';
import { type ItemsReused, reusedItem } from '../reused-items.ts';
import type { ChunkBatch } from './apply-chunks.ts';
import { pairsOf, rangeSet, removeRange, sizeOf } from './place-ranges.ts';
import { insertReused, knownPlaces } from './reused-rows.ts';

/** Items that nothing is known of become ranges; the others are folded one by one. */
export function applyReuse(
  { database, run, flush, count }: Pick<ChunkBatch, 'database' | 'run' | 'flush' | 'count'>,
  event: ItemsReused,
  apply: (item: TaskEvent) => void,
): void {
  const { group, from, to, at } = event;
  if (from >= to) return;
  flush();
  const fresh = rangeSet([from, to]);
  for (const place of knownPlaces(database, { run, group, from, to })) {
    removeRange(fresh, { from: place, to: place + 1 });
    apply(reusedItem(event, place));
  }
  for (const span of pairsOf(fresh)) insertReused(database, run, event, span);
  count(group.step, { tasks: sizeOf(fresh), from: undefined, to: 'succeeded', reused: true, endedAt: at });
}
