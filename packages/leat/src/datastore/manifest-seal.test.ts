import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptManifest } from './manifest.ts';
import { sealManifest, unsealManifest } from './manifest-seal.ts';
import { parseManifest } from './read-manifest.ts';

const manifest: AttemptManifest = {
  version: 1,
  task: 'train[3]',
  attempt: 0,
  token: 'ü世界🎉',
  startedAt: 1_700_000_000_000,
  endedAt: 1_700_000_000_500,
  status: 'succeeded',
  outcome: { kind: 'switch', choice: 'big' },
  artifacts: {
    model: { hash: 'ab', size: 3, codec: 'v8/1', type: 'number', stored: 'blob' },
    small: { hash: 'cd', size: 3, codec: 'v8/1', type: 'number', stored: 'inline', data: 'BHY4LzH/D0kA' },
    named: { hash: 'ef', size: 3, codec: 'v8/1', type: 'Data {"data":"…"}', stored: 'blob' },
  },
};

/** What it says, but for data that has a hash of its own. */
function saidBy(read: AttemptManifest): object {
  if (read.status === 'failed') return read;
  const artifacts = Object.entries(read.artifacts).map(([name, ref]) => [name, { ...ref, data: undefined }]);
  return { ...read, artifacts: Object.fromEntries(artifacts) };
}

describe('a sealed manifest', () => {
  it('is read as it was written, also with a line end, and one without a seal as it is', () => {
    const text = sealManifest(manifest);
    for (const stored of [text, `${text}\n`, JSON.stringify(manifest)])
      expect(parseManifest('key', Buffer.from(stored))).toEqual(manifest);
  });

  it('is damaged, or says the same, whichever bit has changed and wherever it was cut', () => {
    const whole = Buffer.from(sealManifest(manifest));
    fc.assert(
      fc.property(fc.nat(whole.byteLength * 8 - 1), fc.boolean(), (bit, cut) => {
        const hurt = Buffer.from(whole);
        hurt[bit >> 3] = (hurt[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        let read: AttemptManifest;
        try {
          read = parseManifest('key', cut ? whole.subarray(0, bit >> 3) : hurt);
        } catch (error) {
          expect(error).toMatchObject({ code: 'STORE_CORRUPT' });
          return;
        }
        // The name of the seal itself has changed: what it seals has not.
        expect(saidBy(read)).toMatchObject(saidBy(manifest));
      }),
      { numRuns: 1_000 },
    );
  });

  it('is read without a look at the seals of earlier versions', () => {
    const json = JSON.stringify(manifest).slice(0, -1);
    for (const seal of ['"seal":"0123456789abcdef"', '"sum":"0123456789abcdef"'])
      expect(parseManifest('key', Buffer.from(`${json},${seal}}`))).toMatchObject(manifest);
  });

  it('refuses another text under its seal', () => {
    expect(unsealManifest(sealManifest(manifest).replace('big', 'bug'))).toBeUndefined();
    expect(unsealManifest(sealManifest(manifest).replace('…', '‥'))).toBeUndefined();
  });

  it('is not over inline data: that may be long, and has a hash of its own', () => {
    const json = unsealManifest(sealManifest(manifest).replace('BHY4LzH', 'BHY4LzX'));
    expect(json).toContain('BHY4LzX');
  });
});
