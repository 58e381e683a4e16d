import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Datastore } from './datastore.ts';
import { openFsDatastore } from './fs/index.ts';
import { writeItems } from './items/write-items.ts';
import { loadParameters } from './run-parameters.ts';
import { saveParameters } from './save-parameters.ts';
import { setAside } from './set-aside.ts';
import { goneReason, verifyContent } from './verify-content.ts';

let folder = '';
let store: Datastore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-verify-'));
  store = openFsDatastore(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Stores a value as a blob; returns its key. */
const saved = (value: unknown): string => saveParameters(store, { value });

const allKeys = async (): Promise<string[]> =>
  (await Array.fromAsync(store.list('blobs/'))).map(({ key }) => key);

describe('content that is named by its hash', () => {
  it.each([
    ['a small value', new Map([['text', 'some text']])],
    ['a value that shrinks, in several segments', Buffer.alloc(9_000_000, 'abcdefgh')],
    ['a value that does not shrink', Float64Array.from({ length: 700_000 }, (_, i) => Math.sin(i * i))],
  ])('is whole as it was written: %s', async (_name, value) => {
    expect(await verifyContent(store, saved(value))).toBeUndefined();
  });

  it('is whole as it was written: items and their index', async () => {
    await writeItems(store, ['a', 'b', 'c']);
    const keys = await allKeys();
    expect(keys).toHaveLength(2);
    for (const key of keys) expect(await verifyContent(store, key)).toBeUndefined();
  });

  it('is found damaged when it cannot be read, whichever bit has changed and wherever it was cut', async () => {
    const value = { text: 'abc '.repeat(2_000), n: [1, 2, 3] };
    const key = saved(value);
    const whole = Buffer.from((await store.get(key)) ?? []);
    const isReadable = (): boolean => {
      try {
        return isDeepStrictEqual(loadParameters(store, key), { value });
      } catch {
        return false;
      }
    };
    let damaged = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.byteLength * 8 - 1), fc.boolean(), async (bit, cut) => {
        const hurt = Buffer.from(whole);
        hurt[bit >> 3] = (hurt[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await store.put(key, [cut ? whole.subarray(0, bit >> 3) : hurt]);
        const said = await verifyContent(store, key);
        damaged += said === undefined ? 0 : 1;
        expect(said === undefined).toBe(isReadable());
      }),
      { numRuns: 300 },
    );
    expect(damaged).toBeGreaterThan(200);
  });

  it('is found gone; what has another name is not judged', async () => {
    const key = saved('x'.repeat(5_000));
    const aside = await setAside(store, key);
    expect(aside).toBe(`damaged/${key}`);
    expect(await verifyContent(store, key)).toBe(goneReason);
    expect(await verifyContent(store, aside)).toBeUndefined();
  });
});
