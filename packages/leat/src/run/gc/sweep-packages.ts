import type { Datastore } from '../../datastore/datastore.ts';
import { factsName } from '../../package/code-package.ts';
import type { Sweeper } from './sweeper.ts';

const prefix = 'packages/';

/** `packages/ab12/flow.js` → `ab12`. */
const packageOf = (key: string): string => key.split('/', 2)[1] ?? '';

/**
 * Removes the code packages that no run refers to and that are older than `olderThan` as a whole; returns how many. The
 * facts of a package go first: whoever finds them trusts that its files are there.
 */
export async function sweepPackages(
  datastore: Datastore,
  sweeper: Sweeper,
  { live, olderThan }: { readonly live: ReadonlySet<string>; readonly olderThan: number },
): Promise<number> {
  const newest = new Map<string, number>();
  for await (const { key, modifiedAt } of datastore.list(prefix)) {
    const hash = packageOf(key);
    if (!live.has(hash)) newest.set(hash, Math.max(newest.get(hash) ?? 0, modifiedAt));
  }
  const goes = new Set([...newest].flatMap(([hash, modifiedAt]) => (modifiedAt < olderThan ? [hash] : [])));
  if (goes.size === 0) return 0;
  const isFacts = (key: string): boolean => key.endsWith(`/${factsName}`);
  await sweeper.sweep(prefix, ({ key }) => isFacts(key) && goes.has(packageOf(key)));
  await sweeper.sweep(prefix, ({ key }) => !isFacts(key) && goes.has(packageOf(key)));
  return goes.size;
}
