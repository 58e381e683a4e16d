import type { Datastore } from '../datastore/datastore.ts';
import { locateItem, readItemIndex } from '../datastore/items/item-index.ts';
import { readItem } from '../datastore/items/read-item.ts';
import type { TaskSpec } from '../plan/task-spec.ts';

/**
 * How to get the foreach item of a join's input by its position in the split: each is read when asked for. After a branch
 * all inputs have the item of the foreach around it, if there is one.
 */
export async function joinedItems(
  store: Datastore,
  { joinedItems: key, sources, foreach }: Pick<TaskSpec, 'joinedItems' | 'sources' | 'foreach'>,
): Promise<(position: number) => unknown> {
  const around = foreach.at(-1)?.item;
  if (key === undefined) return () => (around === undefined ? undefined : readItem(store, around));
  const index = await readItemIndex(store, { count: sources.length, index: key });
  return (position) => readItem(store, locateItem(index, position));
}
