/** `leat gc`, with the stores of a home. */
import { existsSync } from 'node:fs';

import { collectGarbage, type GarbageCollected, type GarbageOptions } from './gc/collect-garbage.ts';
import type { Home } from '../home/home.ts';
import { closeStores, dataHere, openStores } from './stores.ts';

/** Removes old runs and what nothing refers to; in a home that is not there, nothing. @throws what the stores throw. */
export async function collect(home: Home, options: GarbageOptions): Promise<GarbageCollected> {
  if (!existsSync(home.folder)) return { runs: [], keptRuns: 0, packages: 0, objects: 0, bytes: 0 };
  const stores = await openStores(home);
  try {
    return await collectGarbage(stores.metadata, stores.datastore, {
      ...options,
      here: dataHere(home),
    });
  } finally {
    await closeStores(stores);
  }
}
