import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestKey } from './keys.ts';
import { leatError } from './leat-error.fixture.ts';
import { WatchedDatastore } from './watched-datastore.fixture.ts';
import { formatPackedKey } from './packs/packed-key.ts';
import type { SourceColumns } from './source-columns.ts';
import { encodeSources, SourceIndex } from './source-index.ts';

const key = 'runs/F/2/join/task@0.sources';
const kinds = [
  { step: 'score', iteration: 0, attempt: 0, run: '2' },
  { step: 'other', iteration: 3, attempt: 7, run: '1' },
];
const packs = ['runs/F/2/score/a.pack', 'runs/F/1/score/b.pack'];

interface Place {
  readonly kind: number;
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
}

const columnsOf = (places: readonly Place[], path: readonly number[] = []): SourceColumns => ({
  flow: 'F',
  path,
  kinds,
  packs,
  count: places.length,
  kind: Uint32Array.from(places, (each) => each.kind),
  pack: Int32Array.from(places, (each) => each.pack),
  offset: Float64Array.from(places, (each) => each.offset),
  length: Uint32Array.from(places, (each) => each.length),
});

function stored(columns: SourceColumns): WatchedDatastore {
  const store = new WatchedDatastore();
  store.putSync(key, encodeSources(columns));
  return store;
}

const place = fc.record({
  kind: fc.nat(1),
  pack: fc.nat(2),
  offset: fc.oneof(
    fc.nat(10_000),
    fc.maxSafeNat().map((value) => value % 2 ** 50),
  ),
  length: fc.nat(2 ** 32 - 1),
});

describe('the list of what a join joins', () => {
  it('gives back every input, in any order of asking', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(place, { minLength: 1, maxLength: 700, size: 'max' }),
        fc.array(fc.nat(5), { maxLength: 2 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        async (places, path, asked) => {
          const index = await SourceIndex.open(stored(columnsOf(places, path)), key, places.length);
          const all = [...places.keys(), ...asked.map((each) => each % places.length)];
          for (const at of all) {
            const { kind, pack, offset, length } = places[at] as Place;
            const { run, attempt, ...source } = kinds[kind]!;
            const address = { ...source, path: [...path, at] };
            const name = packs[pack - 1];
            expect(index.at(at)).toEqual({
              address,
              manifest:
                name === undefined
                  ? manifestKey('F', run, address, attempt)
                  : formatPackedKey({ pack: name, offset, length }),
            });
          }
          expect(() => index.at(Math.ceil(places.length / 256) * 256)).toThrow(RangeError);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of a million inputs takes a few bytes each, and a part is read without the rest', async () => {
    const count = 1_000_000;
    const each = (make: (at: number) => number): Float64Array =>
      Float64Array.from({ length: count }, (_, at) => make(at));
    const columns: SourceColumns = {
      ...columnsOf([]),
      packs: Array.from(
        { length: count / 100 },
        (_, pack) => `runs/F/2/score/${pack.toString(16).padStart(32, '0')}.pack`,
      ),
      count,
      kind: new Uint8Array(count),
      pack: each((at) => Math.floor(at / 100) + 1),
      offset: each((at) => (at % 100) * 440 + 41),
      length: each((at) => 390 + (at % 7)),
    };
    const store = stored(columns);
    expect(store.statSync(key)?.size).toBeLessThan(6_000_000);
    const index = await SourceIndex.open(store, key, count);
    store.reads.length = 0;
    expect(index.at(777_777).manifest).toBe(
      `${columns.packs[7_777]}#${77 * 440 + 41}+${390 + (777_777 % 7)}`,
    );
    expect(store.reads.length).toBe(1);
    expect(store.reads[0]?.bytes).toBeLessThan(2_000);
  });

  it('that is gone, torn, or of another join is STORE_CORRUPT naming it', async () => {
    const places = Array.from({ length: 600 }, (_, at) => ({
      kind: 0,
      pack: 1,
      offset: at * 500,
      length: 450,
    }));
    const store = stored(columnsOf(places));
    const whole = store.objects.get(key)!.bytes;
    await expect(SourceIndex.open(store, key, 599)).rejects.toThrow(
      leatError('STORE_CORRUPT', `'${key}' is damaged: it lists 600 inputs, expected 599`),
    );
    for (const size of [0, 10, 20, 60, whole.byteLength - 1, whole.byteLength - 700]) {
      store.putSync(key, [whole.subarray(0, size)]);
      const reading = SourceIndex.open(store, key, 600).then((index) => index.at(599));
      await expect(reading, String(size)).rejects.toThrow(leatError('STORE_CORRUPT', key));
    }
    store.objects.delete(key);
    await expect(SourceIndex.open(store, key, 600)).rejects.toThrow('it is gone');
  });
});
