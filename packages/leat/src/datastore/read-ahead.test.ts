import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatchedDatastore } from './watched-datastore.fixture.ts';
import { ReadAhead } from './read-ahead.ts';

const keys = ['a', 'b', 'c'] as const;

function filled(size: number): WatchedDatastore {
  const store = new WatchedDatastore();
  for (const [index, key] of keys.entries())
    store.putSync(key, [Uint8Array.from({ length: size }, (_, at) => at * 7 + index)]);
  return store;
}

const place = fc.record({
  key: fc.constantFrom(...keys, 'gone'),
  offset: fc.nat(210_000),
  length: fc.oneof(fc.nat(500), fc.nat(150_000)),
});

describe('reading ahead', () => {
  it('gives what reading alone gives, wherever one goes', () => {
    const store = filled(200_000);
    fc.assert(
      fc.property(fc.array(place, { maxLength: 30 }), (places) => {
        const ahead = new ReadAhead(store);
        for (const { key, offset, length } of places) {
          const alone = store.getSync(key, { start: offset, end: offset + length });
          const read = ahead.read({ key, offset, length });
          expect(read === undefined ? undefined : Buffer.from(read)).toEqual(alone && Buffer.from(alone));
        }
      }),
    );
  });

  it('reads neighbours in few large reads, also of several objects in turn', () => {
    const store = filled(1_000_000);
    const ahead = new ReadAhead(store);
    for (let offset = 0; offset < 1_000_000; offset += 1_000)
      for (const key of keys) ahead.read({ key, offset: offset + 40, length: 900 });
    expect(store.reads.length).toBeLessThan(20);
    expect(Math.max(...store.reads.map(({ bytes }) => bytes))).toBeLessThanOrEqual(512 * 1024);
  });

  it('reads no more than was asked for by who goes here and there', () => {
    const store = filled(1_000_000);
    const ahead = new ReadAhead(store);
    for (const offset of [900_000, 500_000, 700_000, 100_000]) ahead.read({ key: 'a', offset, length: 300 });
    expect(store.reads.map(({ bytes }) => bytes)).toEqual([300, 300, 300, 300]);
  });

  it('holds few blocks, however many objects there are', () => {
    const store = new WatchedDatastore();
    const ahead = new ReadAhead(store);
    for (let index = 0; index < 100; index++) store.putSync(`o/${index}`, [new Uint8Array(200_000)]);
    for (let round = 0; round < 2; round++)
      for (let index = 0; index < 100; index++) ahead.read({ key: `o/${index}`, offset: 0, length: 10 });
    expect(store.reads).toHaveLength(200);
  });
});
