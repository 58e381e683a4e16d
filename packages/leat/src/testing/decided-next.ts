import { readItem } from '../datastore/items/read-item.ts';
import { locateItem, readItemIndex } from '../datastore/items/item-index.ts';
import type { Datastore } from '../datastore/datastore.ts';
import type { Outcome } from '../datastore/manifest.ts';
import type { Transition } from '../graph/graph.ts';

/** What a step decided with `this.next(…)`: names of steps, and the items of a foreach. */
export type DecidedNext =
  | { readonly kind: 'end' }
  | { readonly kind: 'linear'; readonly to: string }
  | { readonly kind: 'branch'; readonly to: readonly string[] }
  | { readonly kind: 'foreach'; readonly to: string; readonly items: readonly unknown[] }
  | { readonly kind: 'switch'; readonly choice: string; readonly to: string };

/** The outcome of a task in the words of its graph. */
export async function decidedNext(
  store: Datastore,
  next: Transition,
  outcome: Outcome,
): Promise<DecidedNext> {
  if (outcome.kind === 'foreach' && next.kind === 'foreach') {
    const { count } = outcome.items;
    const index = await readItemIndex(store, outcome.items);
    return {
      kind: 'foreach',
      to: next.to,
      items: Array.from({ length: count }, (_, i) => readItem(store, locateItem(index, i))),
    };
  }
  if (outcome.kind === 'switch' && next.kind === 'switch')
    return { kind: 'switch', choice: outcome.choice, to: next.cases[outcome.choice] ?? '' };
  if (outcome.kind === 'branch' && next.kind === 'branch') return { kind: 'branch', to: next.to };
  if (outcome.kind === 'linear' && next.kind === 'linear') return { kind: 'linear', to: next.to };
  return { kind: 'end' };
}
