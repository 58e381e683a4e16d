import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leatError } from './leat-error.fixture.ts';
import { ArtifactStore } from './artifact-store.ts';
import { anyData } from './codec/any-data.fixture.ts';
import { InlineBudget } from './inline-budget.ts';
import { inheritArtifacts } from './inherit-artifacts.ts';
import { blobKey } from './keys.ts';
import type { ArtifactRef, AttemptManifest } from './manifest.ts';
import { WatchedDatastore } from './watched-datastore.fixture.ts';
import { commitAttempt } from './commit-attempt.ts';

function open() {
  const store = new WatchedDatastore();
  return { store, artifacts: new ArtifactStore(store), budget: new InlineBudget() };
}

function manifestOf(artifacts: Record<string, ArtifactRef>): AttemptManifest & { status: 'succeeded' } {
  const head = { version: 1, task: 'start', attempt: 0, token: 't', startedAt: 1, endedAt: 2 } as const;
  return { ...head, status: 'succeeded', outcome: { kind: 'linear' }, artifacts };
}

const large = (): Float64Array => Float64Array.from({ length: 100_000 }, (_, index) => Math.sin(index));

describe('an artifact', () => {
  it('comes back as it was, whatever data it is, inline and as a blob', async () => {
    await fc.assert(
      fc.asyncProperty(anyData, fc.boolean(), async (value, inline) => {
        const { artifacts, budget } = open();
        if (!inline) while (budget.take(8 * 1024));
        const ref = artifacts.save('value', value, budget);
        expect(ref.stored).toBe(inline && ref.size <= 8192 ? 'inline' : 'blob');
        expect(isDeepStrictEqual(artifacts.load(JSON.parse(JSON.stringify(ref)) as ArtifactRef), value)).toBe(
          true,
        );
        expect(isDeepStrictEqual(await artifacts.loadAsync(ref), value)).toBe(true);
      }),
    );
  });

  it('is stored once, however often and under whatever names it is saved', () => {
    const { store, artifacts, budget } = open();
    const first = artifacts.save('a', large(), budget);
    const again = artifacts.save('b', large(), budget);
    expect(again).toEqual(first);
    expect(store.writes).toBe(1);
  });

  it('keeps its old reference when it is the same as before, and gets a new one when it changed', () => {
    const { artifacts, budget } = open();
    const previous: ArtifactRef = {
      ...artifacts.encode([1, 2], 'x').facts,
      stored: 'manifest',
      manifest: 'm',
      name: 'x',
    };
    expect(artifacts.save('x', [1, 2], budget, previous)).toBe(previous);
    expect(artifacts.save('x', [1, 3], budget, previous).stored).toBe('inline');
  });

  it('has another hash when its kind differs and its bytes do not', () => {
    const { artifacts } = open();
    const bytes = new Uint8Array(8);
    const kinds = [
      bytes,
      Buffer.from(bytes),
      new Float64Array(1),
      new BigInt64Array(1),
      bytes.buffer,
      new DataView(bytes.buffer),
    ];
    expect(new Set(kinds.map((value) => artifacts.encode(value, 'x').facts.hash)).size).toBe(kinds.length);
  });

  it('is written again when its blob is so old that a sweep might take it', () => {
    const { store, artifacts, budget } = open();
    const { hash } = artifacts.save('a', large(), budget);
    store.objects.get(blobKey(hash))!.modifiedAt -= 13 * 3_600_000;
    artifacts.save('a', large(), budget);
    expect(store.writes).toBe(2);
  });

  it('owns all of its memory, so that array.buffer holds the array and nothing else', () => {
    const { artifacts, budget } = open();
    const pool = new Float64Array(1_000_000);
    for (const value of [pool.subarray(3, 10), pool.subarray(7), { inside: pool.subarray(5, 9) }]) {
      const read = artifacts.load(artifacts.save('x', value, budget));
      const array = read instanceof Float64Array ? read : (read as { inside: Float64Array }).inside;
      expect([array.byteOffset, array.buffer.byteLength]).toEqual([0, array.byteLength]);
    }
  });

  it('is inline only while it is small and the manifest has room', () => {
    const { artifacts, budget } = open();
    const stored = Array.from(
      { length: 12 },
      (_, index) => artifacts.save('x', Buffer.alloc(7000, index), budget).stored,
    );
    expect(stored).toEqual([...Array<string>(9).fill('inline'), ...Array<string>(3).fill('blob')]);
    expect(artifacts.save('x', Buffer.alloc(9000), new InlineBudget()).stored).toBe('blob');
  });
});

describe('an artifact passed on', () => {
  it('is read from the manifest that holds it, which is read once', () => {
    const { store, artifacts, budget } = open();
    const manifest = manifestOf({
      a: artifacts.save('a', { x: 1 }, budget),
      big: artifacts.save('big', large(), budget),
    });
    expect(commitAttempt(store, 'runs/F/1/start/task@0.json', manifest)).toBe('committed');
    const inherited = inheritArtifacts('runs/F/1/start/task@0.json', manifest);
    expect(inherited['a']).toMatchObject({
      stored: 'manifest',
      manifest: 'runs/F/1/start/task@0.json',
      name: 'a',
    });
    expect(inherited['big']).toBe(manifest.artifacts['big']);
    // A second hop points at the origin.
    expect(inheritArtifacts('other.json', manifestOf(inherited))).toEqual(inherited);
    expect(artifacts.load(inherited['a']!)).toEqual({ x: 1 });
    expect(artifacts.load(inherited['a']!)).not.toBe(artifacts.load(inherited['a']!));
    expect(store.reads.filter(({ key }) => key.endsWith('.json'))).toHaveLength(1);
  });

  it('that is gone names the manifest', () => {
    const { artifacts } = open();
    const ref: ArtifactRef = {
      ...artifacts.encode(1, 'x').facts,
      stored: 'manifest',
      manifest: 'gone.json',
      name: 'x',
    };
    expect(() => artifacts.load(ref)).toThrow(leatError('STORE_CORRUPT', "'gone.json'"));
  });
});

describe('prefetch', () => {
  it('fetches blobs and manifests ahead, once, so that touching them reads nothing', async () => {
    const { store, artifacts, budget } = open();
    const manifest = manifestOf({
      small: artifacts.save('small', 1, budget),
      big: artifacts.save('big', large(), budget),
    });
    commitAttempt(store, 'm.json', manifest);
    const refs = Object.values(inheritArtifacts('m.json', manifest));
    await artifacts.prefetch(refs);
    const reads = store.reads.length;
    expect(refs.map((ref) => artifacts.load(ref))).toEqual([1, large()]);
    expect(store.reads.length).toBe(reads);
    // The bytes were given away; a second touch gets its own.
    expect(artifacts.load(refs[1]!)).toEqual(large());
  });
});

describe('damage', () => {
  it('to any byte of a blob, or its loss, is STORE_CORRUPT and names it: never a wrong value, never another error', () => {
    const { store, artifacts, budget } = open();
    while (budget.take(100));
    for (const value of [
      large().slice(0, 500),
      { list: Array.from({ length: 500 }, (_, n) => `row ${n % 7}`) },
      'text '.repeat(500),
    ]) {
      const ref = artifacts.save('x', value, budget);
      const key = blobKey(ref.hash);
      const good = store.objects.get(key)!.bytes;
      fc.assert(
        fc.property(
          fc.nat(good.byteLength - 1),
          fc.integer({ min: 1, max: 255 }),
          fc.boolean(),
          (at, flip, cut) => {
            const bad = cut ? good.subarray(0, at) : Buffer.from(good);
            if (!cut) bad[at]! ^= flip;
            store.objects.set(key, { bytes: Buffer.from(bad), modifiedAt: Date.now() });
            try {
              expect(artifacts.load(ref)).toEqual(value); // a byte that means nothing, such as padding
            } catch (error) {
              expect(error).toEqual(leatError('STORE_CORRUPT', key));
            }
          },
        ),
        { numRuns: 200 },
      );
      store.objects.delete(key);
      expect(() => artifacts.load(ref)).toThrow(leatError('STORE_CORRUPT', ''));
    }
  });

  it('to an inline artifact is found by its hash', () => {
    const { artifacts, budget } = open();
    const ref = artifacts.save('x', { a: 1 }, budget) as ArtifactRef & { stored: 'inline' };
    const data = Buffer.from(ref.data, 'base64');
    data[data.length - 2]! ^= 1;
    expect(() => artifacts.load({ ...ref, data: data.toString('base64') })).toThrow(
      leatError('STORE_CORRUPT', ''),
    );
  });
});
