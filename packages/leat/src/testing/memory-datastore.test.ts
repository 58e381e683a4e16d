import { datastoreConformance } from '@leat/testing';
import { describe, it } from 'vitest';
import { MemoryDatastore } from './memory-datastore.ts';

describe('a datastore in memory keeps every promise of a datastore', () => {
  for (const { name, run } of datastoreConformance) {
    it(name, async () => {
      const store = new MemoryDatastore();
      await run({ store, connect: async () => store });
    });
  }
});
