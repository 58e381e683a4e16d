import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatchedDatastore } from '../datastore/watched-datastore.fixture.ts';
import type { TaskMessage } from '../plan/task-message.ts';
import { messageOf } from './message.fixture.ts';
import { readWork, writeWork } from './work-object.ts';

const key = 'runs/TestFlow/1/work/a';

async function stored(messages: readonly TaskMessage[]): Promise<WatchedDatastore> {
  const store = new WatchedDatastore();
  await writeWork(store, key, messages);
  return store;
}

const alike = (count: number): readonly TaskMessage[] =>
  Array.from({ length: count }, (_, index) => messageOf({ task: `score[${index}]`, path: [index] }));

describe('work objects', () => {
  it('give each job what it is told, whatever that is and however many there are', async () => {
    const user = fc.string({ unit: 'binary', maxLength: 100 });
    // Blocks that do not fit into the first read.
    const filler = fc.oneof(fc.constant(0), fc.integer({ min: 300, max: 1000 }));
    const given = fc.array(fc.tuple(user, filler), { minLength: 1, maxLength: 70 });
    await fc.assert(
      fc.asyncProperty(given, fc.nat(), async (told, seed) => {
        const messages = told.map(([name, bytes], at) =>
          messageOf({ user: name, path: [at], tags: [randomBytes(bytes).toString('hex')] }),
        );
        const store = await stored(messages);
        for (const index of [0, seed % messages.length, messages.length - 1]) {
          store.reads.length = 0;
          expect(await readWork(store, key, index)).toEqual(messages[index]);
          expect(store.reads.length).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('cost one read when they are small, two when they are not, and little of either', async () => {
    const one = await stored(alike(1));
    await readWork(one, key, 0);
    expect(one.reads).toHaveLength(1);
    const many = await stored(alike(10_000));
    await readWork(many, key, 9999);
    expect(many.reads).toHaveLength(2);
    expect(many.reads.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(20_000);
    expect(many.objects.get(key)?.bytes.byteLength).toBeLessThan(1_000_000);
  });

  it('cost as little when even the table of blocks is large', async () => {
    const message = messageOf({});
    const store = await stored(
      Array.from({ length: 100_000 }, (_, at) => (at === 99_998 ? message : ({} as TaskMessage))),
    );
    expect(await readWork(store, key, 99_998)).toEqual(message);
    expect(store.reads.map(({ bytes }) => bytes)).toEqual([12, expect.any(Number)]);
  });

  it.each([0, 1, 31, 32, 63, 64, 9999])('say so when there is no number %i', async (count) => {
    const store = await stored(alike(count));
    await expect(readWork(store, key, 1_000_000)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await expect(readWork(store, key, count)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining(`has no number ${count}`),
    });
  });

  it('say so when they are not there or damaged', async () => {
    await expect(readWork(new WatchedDatastore(), key, 0)).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('is not there'),
    });
    for (const damage of [0, 15, 25]) {
      const store = await stored(alike(3));
      const bytes = store.objects.get(key)!.bytes;
      bytes[damage] = bytes[damage]! ^ 0xff;
      await expect(readWork(store, key, 0)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    }
  });
});
