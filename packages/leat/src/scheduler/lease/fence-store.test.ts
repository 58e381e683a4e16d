import { expect, test } from 'vitest';
import { LeatError } from '../../errors/index.ts';
import { fenceStore } from './fence-store.ts';
import { MemoryDatastore } from '../../testing/memory-datastore.ts';

test('an engine without its lease reads, and writes nothing', async () => {
  const store = new MemoryDatastore();
  store.putSync('there', [Buffer.from('before')]);
  let holds = true;
  const fenced = fenceStore(store, () => {
    if (!holds) throw new LeatError('LEASE_LOST', 'it is another engine’s');
  });
  await fenced.put('mine', [Buffer.from('1')]);
  expect(fenced.createSync('too', [])).toBe(true);
  const before = [...store.objects.keys()];
  holds = false;
  const writes = [
    async () => fenced.put('late', []),
    async () => fenced.create('late', []),
    async () => fenced.append('there', Buffer.from('late')),
    async () => fenced.delete(['there']),
    async () => fenced.putSync('late', []),
    async () => fenced.createSync('late', []),
    async () => fenced.createLogSync('late'),
  ];
  for (const write of writes)
    await expect(write()).rejects.toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
  expect([...store.objects.keys()]).toStrictEqual(before);
  expect(Buffer.from(fenced.getSync('there')!).toString()).toBe('before');
});
