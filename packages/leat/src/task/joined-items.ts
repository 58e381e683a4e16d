import type { Datastore } from '../datastore/datastore.ts';
import { type ItemIndex, locateItem, readItemIndexSync } from '../datastore/items/item-index.ts';
import { readItem } from '../datastore/items/read-item.ts';
import { ReadAhead } from '../datastore/read-ahead.ts';
import type { TaskSpec } from '../plan/task-spec.ts';

/**
 * How to get the foreach item of a join's input by its position in the split: each is read when asked for, many at once for
 * who asks for one after the other. After a branch all inputs have the item of the foreach around it, if there is one.
 *
 * @param count of the inputs
 */
export function joinedItems(
  store: Datastore,
  { joinedItems: key, foreach }: Pick<TaskSpec, 'joinedItems' | 'foreach'>,
  count: number,
): (position: number) => unknown {
  const around = foreach.at(-1)?.item;
  if (key === undefined) return () => (around === undefined ? undefined : readItem(store, around));
  const ahead = new ReadAhead(store);
  let index: ItemIndex | undefined;
  return (position) => {
    index ??= readItemIndexSync(store, { count, index: key });
    return readItem(store, locateItem(index, position), ahead);
  };
}
