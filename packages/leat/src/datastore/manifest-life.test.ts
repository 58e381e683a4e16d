import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leatError } from './leat-error.fixture.ts';
import { ArtifactStore } from './artifact-store.ts';
import { commitAttempt, commitAttemptAsync } from './commit-attempt.ts';
import { InlineBudget } from './inline-budget.ts';
import { blobKey } from './keys.ts';
import type { AttemptManifest } from './manifest.ts';
import { WatchedDatastore } from './watched-datastore.fixture.ts';
import { readManifest, readManifestSync } from './read-manifest.ts';
import { artifactKeys, referencedKeys } from './referenced-keys.ts';
import { LiveKeys, sweepBlobs } from './sweep-blobs.ts';

const head = { version: 1, task: 'start', attempt: 0, token: 't', startedAt: 1, endedAt: 2 } as const;
const failed: AttemptManifest = {
  ...head,
  status: 'failed',
  failure: { reason: 'error', type: 'Error', message: 'boo' },
};
const hash = 'ab'.repeat(32);
const facts = { hash, size: 10, codec: 'v8/1', type: 'number' };
const succeeded: AttemptManifest = {
  ...head,
  status: 'succeeded',
  outcome: { kind: 'foreach', items: { count: 2, index: 'blobs/cd/ef.index' } },
  artifacts: {
    a: { ...facts, stored: 'inline', data: 'eA==' },
    b: { ...facts, stored: 'blob' },
    c: { ...facts, stored: 'manifest', manifest: 'other.json', name: 'c', files: [hash] },
  },
};

describe('the commit', () => {
  it('of two copies of an attempt lets the first one stand', async () => {
    const store = new WatchedDatastore();
    expect(commitAttempt(store, 'm.json', failed)).toBe('committed');
    expect(commitAttempt(store, 'm.json', succeeded)).toBe('exists');
    expect(await commitAttemptAsync(store, 'm.json', succeeded)).toBe('exists');
    expect(readManifestSync(store, 'm.json')).toEqual(failed);
  });

  it('is read as it was written, or not there', async () => {
    const store = new WatchedDatastore();
    await commitAttemptAsync(store, 'm.json', succeeded);
    expect(await readManifest(store, 'm.json')).toEqual(succeeded);
    expect(readManifestSync(store, 'm.json')).toEqual(succeeded);
    expect(await readManifest(store, 'none.json')).toBeUndefined();
  });
});

describe('a damaged manifest', () => {
  const whole = Buffer.from(JSON.stringify(succeeded));
  const read = (bytes: Buffer) => {
    const store = new WatchedDatastore();
    store.putSync('runs/m.json', [bytes]);
    return () => readManifestSync(store, 'runs/m.json');
  };
  const corrupt = leatError('STORE_CORRUPT', "'runs/m.json'");

  it('is STORE_CORRUPT and names the key, wherever it is cut off', () => {
    for (let length = 0; length < whole.byteLength; length++)
      expect(read(whole.subarray(0, length))).toThrow(corrupt);
  });

  it('is STORE_CORRUPT when a field is missing or of another type', () => {
    const data = JSON.parse(whole.toString()) as Record<string, unknown>;
    const needed = [
      'version',
      'task',
      'attempt',
      'token',
      'startedAt',
      'endedAt',
      'status',
      'outcome',
      'artifacts',
    ];
    const other = fc.constantFrom<unknown>(undefined, null, true, [], {}, { kind: 'x' }, 'other');
    fc.assert(
      fc.property(fc.constantFrom(...needed), other, (field, value) => {
        fc.pre(typeof value !== typeof data[field] || field === 'status' || field === 'outcome');
        expect(read(Buffer.from(JSON.stringify({ ...data, [field]: value })))).toThrow(corrupt);
      }),
    );
    for (const ref of [
      {},
      { ...facts },
      { ...facts, stored: 'inline' },
      { ...facts, stored: 'manifest', manifest: 1 },
      null,
    ]) {
      expect(read(Buffer.from(JSON.stringify({ ...data, artifacts: { a: ref } })))).toThrow(corrupt);
    }
    expect(read(Buffer.from('[]'))).toThrow(corrupt);
  });
});

describe('what a manifest keeps alive', () => {
  it('is its blobs, files, items and the manifests that it points to', () => {
    expect(referencedKeys(succeeded)).toEqual({
      blobs: [blobKey(hash), `${blobKey(hash)}.raw`, 'blobs/cd/ef.index'],
      manifests: ['other.json'],
      items: { count: 2, index: 'blobs/cd/ef.index' },
    });
    expect(referencedKeys(failed)).toEqual({ blobs: [], manifests: [] });
  });

  it('stays when all else that is old is swept', async () => {
    const store = new WatchedDatastore();
    const artifacts = new ArtifactStore(store);
    const budget = new InlineBudget();
    const refs = Array.from({ length: 50 }, (_, index) =>
      artifacts.save('x', Buffer.alloc(10_000, index), budget),
    );
    store.putSync('runs/keep.json', [Buffer.from('x')]);
    const live = new LiveKeys();
    for (const ref of refs.slice(0, 20)) for (const key of artifactKeys(ref)) live.add(key);
    const now = Date.now() + 48 * 3_600_000;
    // The last ten are young.
    for (const ref of refs.slice(40)) store.objects.get(blobKey(ref.hash))!.modifiedAt = now - 1000;
    const size = store.statSync(blobKey(refs[20]!.hash))!.size;
    expect(await sweepBlobs(store, { live, now, dryRun: true })).toMatchObject({ objects: 20 });
    expect(store.objects.size).toBe(51);
    const swept = await sweepBlobs(store, { live, now });
    expect(swept.objects).toBe(20);
    expect(swept.bytes).toBeGreaterThan(19 * size);
    const there = refs.map((ref) => store.objects.has(blobKey(ref.hash)));
    expect(there).toEqual(refs.map((_, index) => index < 20 || index >= 40));
    expect(store.objects.has('runs/keep.json')).toBe(true);
  });
});

it('live keys are found among many, and only they', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.stringMatching(/^[\da-f]{64}$/), {
        minLength: 2,
        maxLength: 50,
        selector: (hex) => hex.slice(0, 13),
      }),
      (hashes) => {
        const live = new LiveKeys();
        const half = hashes.length >> 1;
        for (const [index, hex] of hashes.slice(0, half).entries())
          live.add(blobKey(hex) + (index % 2 === 0 ? '' : '.raw'));
        for (const [index, hex] of hashes.entries()) expect(live.has(blobKey(hex))).toBe(index < half);
        expect(live.has('blobs/not-a-hash')).toBe(true);
      },
    ),
  );
});
