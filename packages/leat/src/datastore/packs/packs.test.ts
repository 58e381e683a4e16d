import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leatError } from '../leat-error.fixture.ts';
import type { AttemptManifest } from '../manifest.ts';
import { WatchedDatastore } from '../watched-datastore.fixture.ts';
import { readManifest, readManifestSync } from '../read-manifest.ts';
import { ReadAhead } from '../read-ahead.ts';
import { formatPackLine, type PackLine } from './pack-line.ts';
import { createPack } from './pack-writer.ts';
import { formatPackedKey, manifestObject, parsePackedKey } from './packed-key.ts';
import { readPack } from './read-pack.ts';
import { tailPack } from './tail-pack.ts';

const pack = 'runs/F/1/score/ab12.pack';

function manifest(member: number, text = ''): AttemptManifest {
  const head = {
    version: 1,
    task: `score[${member}]`,
    attempt: 0,
    token: text,
    startedAt: member,
    endedAt: member + 1,
  } as const;
  return member % 3 === 2
    ? { ...head, status: 'failed', failure: { reason: 'error', type: 'Error', message: text } }
    : { ...head, status: 'succeeded', outcome: { kind: 'linear' }, artifacts: {} };
}

/** A pack of some members; `texts` makes their manifests differ. */
function written(texts: readonly string[]): WatchedDatastore {
  const store = new WatchedDatastore();
  const writer = createPack(store, pack);
  for (const [member, text] of texts.entries()) writer?.commit(member, manifest(member, text));
  writer?.close();
  return store;
}

const keyOf = ({ offset, length }: PackLine): string => formatPackedKey({ pack, offset, length });

const text = fc.oneof(fc.string(), fc.constantFrom('\t', '\n', '"\\', 'ä\u2028', '#1+2', 'x'.repeat(3000)));

describe('the key of a manifest in a pack', () => {
  it('is read back as it was made, and no other key is taken for one', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (offset, length) => {
        expect(parsePackedKey(formatPackedKey({ pack, offset, length }))).toEqual({ pack, offset, length });
      }),
    );
    for (const key of [pack, 'runs/F/1/score/3@0.json', `${pack}#1`, `${pack}#1+`, `${pack}#-1+2`, '#1+2']) {
      expect(parsePackedKey(key), key).toBeUndefined();
      expect(manifestObject(key)).toBe(key);
    }
    expect(manifestObject(`${pack}#1+2`)).toBe(pack);
  });
});

describe('a pack', () => {
  it('gives back every manifest by its place, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 20 }), async (texts) => {
        const store = written(texts);
        const { lines, more } = await tailPack(store, pack, 0);
        expect(more).toBe(false);
        expect(
          lines.map(({ member, outcome, startedAt, endedAt }) => [member, outcome, startedAt, endedAt]),
        ).toEqual(
          texts.map((_, member) => [member, member % 3 === 2 ? 'failed' : 'linear', member, member + 1]),
        );
        const ahead = new ReadAhead(store);
        for (const [member, line] of lines.entries()) {
          const expected = manifest(member, texts[member]);
          expect(readManifestSync(store, keyOf(line))).toEqual(expected);
          expect(readManifestSync(store, keyOf(line), ahead)).toEqual(expected);
          expect(await readManifest(store, keyOf(line))).toEqual(expected);
        }
        const entries = await Array.fromAsync(readPack(store, pack));
        expect(entries.map((entry) => [entry.key, entry.manifest])).toEqual(
          lines.map((line, member) => [keyOf(line), manifest(member, texts[member])]),
        );
      }),
    );
  });

  it('is followed from any cut: each line is told once, when it is whole', async () => {
    const whole = Buffer.concat(
      ['a', 'ü'.repeat(50), '', 'b'].map((each, n) => formatPackLine(n, manifest(n, each))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.byteLength), { maxLength: 12 }), async (cuts) => {
        const store = new WatchedDatastore();
        const told: PackLine[] = [];
        let from = 0;
        for (const cut of [...cuts.toSorted((a, b) => a - b), whole.byteLength]) {
          store.putSync(pack, [whole.subarray(0, cut)]);
          const tail = await tailPack(store, pack, from);
          told.push(...tail.lines);
          from = tail.next;
          expect(whole.subarray(0, cut).lastIndexOf(10) + 1).toBe(from);
        }
        expect(told.map(({ member }) => member)).toEqual([0, 1, 2, 3]);
      }),
    );
  });

  it('is read in blocks, also when a line is longer than a block', async () => {
    const texts = ['x'.repeat(600_000), 'y'.repeat(600_000), 'z'.repeat(3_000_000), 'end'];
    const store = written(texts);
    let tail = await tailPack(store, pack, 0);
    const sizes: number[] = [];
    for (let turns = 0; turns < 10 && (tail.lines.length > 0 || tail.more); turns++) {
      sizes.push(tail.lines.length);
      tail = await tailPack(store, pack, tail.next);
    }
    expect(sizes).toEqual([1, 1, 2]);
    const read = await Array.fromAsync(readPack(store, pack), ({ manifest: { token } }) => token);
    expect(read).toEqual(texts.map((each, member) => manifest(member, each).token));
  });

  it('belongs to the first who creates it', () => {
    const store = new WatchedDatastore();
    expect(createPack(store, pack)).toBeDefined();
    expect(createPack(store, pack)).toBeUndefined();
  });

  it('that is not there has no lines, and no manifests', async () => {
    const store = new WatchedDatastore();
    expect(await tailPack(store, pack, 0)).toEqual({ lines: [], next: 0, more: false });
    expect(await Array.fromAsync(readPack(store, pack))).toEqual([]);
    expect(readManifestSync(store, `${pack}#0+10`)).toBeUndefined();
    expect(await readManifest(store, `${pack}#0+10`)).toBeUndefined();
  });

  it.each([
    '{}\n',
    '[0]\t{}\n',
    '[0,"linear",1]\t{}\n',
    '[0,"won",1,2]\t{}\n',
    'x\ty\n',
    '\n',
    '[0,"linear",1,2]{}\n\t',
    '[0,"linear",1,2]\n\t{}\n',
  ])('with %j in it is STORE_CORRUPT naming the pack and the place', async (damage) => {
    const store = written(['a']);
    const { next } = await tailPack(store, pack, 0);
    await store.append(pack, Buffer.from(damage));
    await expect(tailPack(store, pack, 0)).rejects.toThrow(
      leatError('STORE_CORRUPT', `'${pack}' is damaged: its line at byte ${next} `),
    );
  });

  it('that ends before a manifest, or holds something else there, says which one', () => {
    const store = written(['a']);
    const size = store.statSync(pack)?.size ?? 0;
    for (const key of [`${pack}#${size - 5}+20`, `${pack}#3+20`, `${pack}#${size + 10}+20`]) {
      for (const ahead of [undefined, new ReadAhead(store)])
        expect(() => readManifestSync(store, key, ahead)).toThrow(leatError('STORE_CORRUPT', key));
    }
  });
});
