import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leatError } from '../leat-error.fixture.ts';
import { file } from '../../flow/file.ts';
import { ArtifactStore } from '../artifact-store.ts';
import type { Datastore } from '../datastore.ts';
import { openFsDatastore } from '../fs/index.ts';
import { InlineBudget } from '../inline-budget.ts';
import { WatchedDatastore } from '../watched-datastore.fixture.ts';
import { itemKeys, referencedKeys } from '../referenced-keys.ts';
import { writeItems } from '../items/write-items.ts';
import { fileKey } from './file-key.ts';
import { StoredFile } from './stored-file.ts';

let folder = '';
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(tmpdir(), 'leat-files-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

const stores: [string, () => Datastore][] = [
  ['a folder', () => openFsDatastore(path.join(folder, 'store'))],
  ['a store without paths', () => new WatchedDatastore()],
];

describe.each(stores)('a file in %s', (_name, open) => {
  it('is stored as it is under the hash of its content, and read in every way', async () => {
    const store = open();
    const artifacts = new ArtifactStore(store);
    const source = path.join(folder, 'out.csv');
    const content = 'country,score\nfi,1\nåland,2\n';
    fs.writeFileSync(source, content);
    const ref = await artifacts.saveAsync('report', file(source), new InlineBudget());
    fs.writeFileSync(source, 'changed later');
    const hash = createHash('sha256').update(content).digest('hex');
    expect(ref).toMatchObject({ codec: 'file/1', stored: 'inline', type: 'file out.csv', files: [hash] });
    const read = artifacts.load(ref) as StoredFile;
    expect(read).toBeInstanceOf(StoredFile);
    expect([read.name, read.size, read.hash]).toEqual(['out.csv', Buffer.byteLength(content), hash]);
    expect(await read.text()).toBe(content);
    expect(Buffer.from(await read.bytes()).toString()).toBe(content);
    expect(Buffer.concat(await Array.fromAsync(read.stream())).toString()).toBe(content);
    const place = await read.path();
    expect(fs.readFileSync(place, 'utf8')).toBe(content);
    expect(fs.statSync(place).mode & 0o222).toBe(0);
    expect(await read.path()).toBe(place);
  });

  it('passed on, alone or inside other data, keeps its reference and is not stored again', async () => {
    const store = open();
    const artifacts = new ArtifactStore(store);
    fs.writeFileSync(path.join(folder, 'a.txt'), 'a');
    const ref = await artifacts.saveAsync('a', file(path.join(folder, 'a.txt')), new InlineBudget());
    const read = artifacts.load(ref) as StoredFile;
    expect(artifacts.save('b', read, new InlineBudget()).hash).toBe(ref.hash);
    const nested = artifacts.save(
      'c',
      { list: [read, new Error('beside it')], again: read },
      new InlineBudget(),
    );
    expect(nested.files).toEqual([read.hash]);
    const back = artifacts.load(nested) as { list: [StoredFile]; again: StoredFile };
    expect(back.again).toBe(back.list[0]);
    expect(await back.again.text()).toBe('a');
  });

  it('of a stream is stored piece by piece', async () => {
    const store = open();
    const artifacts = new ArtifactStore(store);
    async function* made(): AsyncIterable<Uint8Array | string> {
      for (let piece = 0; piece < 100; piece++)
        yield piece % 2 === 0 ? Buffer.alloc(100_000, piece) : `text ${piece} ü`;
    }
    const value = { files: [file(made(), { name: 'made.bin' })], n: 1 };
    const ref = await artifacts.saveAsync('x', value, new InlineBudget());
    const [read] = (artifacts.load(ref) as { files: StoredFile[] }).files;
    const expected = Buffer.concat(
      (await Array.fromAsync(made())).map((piece) => Buffer.from(piece as string)),
    );
    expect(expected.equals(await read!.bytes())).toBe(true);
    expect(fs.readdirSync(tmpdir()).filter((name) => /^leat-[\da-f]{8}-/.test(name))).toEqual([]);
  });

  it('as the item of a foreach is found by gc', async () => {
    const store = open();
    fs.writeFileSync(path.join(folder, 'a.txt'), 'a');
    const items = await writeItems(store, [file(path.join(folder, 'a.txt')), 2]);
    const hash = createHash('sha256').update('a').digest('hex');
    const keys = await itemKeys(store, items);
    expect(keys).toEqual([expect.stringMatching(/\.items$/), fileKey(hash)]);
    const head = { version: 1, task: 'start', attempt: 0, token: 't', startedAt: 1, endedAt: 2 } as const;
    const manifest = {
      ...head,
      status: 'succeeded',
      outcome: { kind: 'foreach', items },
      artifacts: {},
    } as const;
    expect(referencedKeys(manifest)).toEqual({ blobs: [items.index], manifests: [], items });
  });

  it('that is gone or changed is STORE_CORRUPT and named', async () => {
    const store = open();
    const artifacts = new ArtifactStore(store);
    fs.writeFileSync(path.join(folder, 'a.txt'), 'content');
    const read = artifacts.load(
      await artifacts.saveAsync('a', file(path.join(folder, 'a.txt')), new InlineBudget()),
    ) as StoredFile;
    const corrupt = leatError('STORE_CORRUPT', "the file 'a.txt'");
    await store.put(fileKey(read.hash), [Buffer.from('contenT')]);
    await expect(read.bytes()).rejects.toEqual(corrupt);
    await expect(Array.fromAsync(read.stream())).rejects.toEqual(corrupt);
    await store.put(fileKey(read.hash), [Buffer.from('cut')]);
    await expect(Array.fromAsync(read.stream())).rejects.toEqual(corrupt);
    await expect(read.path()).rejects.toEqual(corrupt);
    await store.delete([fileKey(read.hash)]);
    for (const call of [
      () => read.bytes(),
      () => read.text(),
      () => read.path(),
      () => Array.fromAsync(read.stream()),
    ])
      await expect(call()).rejects.toEqual(corrupt);
  });
});

describe('the copy of a file from a store without paths', () => {
  const content = 'content';
  let place = '';
  beforeEach(() => {
    vi.stubEnv('TMPDIR', path.join(folder, 'tmp'));
    place = path.join(folder, 'tmp', `leat-files-${process.getuid?.()}`);
  });
  afterEach(() => vi.unstubAllEnvs());
  const stored = async (): Promise<StoredFile> => {
    const artifacts = new ArtifactStore(new WatchedDatastore());
    const source = path.join(folder, 'a.txt');
    fs.writeFileSync(source, content);
    return artifacts.load(await artifacts.saveAsync('a', file(source), new InlineBudget())) as StoredFile;
  };
  const inPlace = (hash: string): string => path.join(place, hash);

  it('is made once by many who ask at the same time', async () => {
    const read = await stored();
    const paths = await Promise.all(Array.from({ length: 20 }, () => read.path()));
    expect(new Set(paths).size).toBe(1);
    expect(fs.readFileSync(paths[0]!, 'utf8')).toBe(content);
    expect(fs.readdirSync(inPlace(read.hash))).toEqual(['a.txt']);
  });

  it('is not taken from a folder that others may write to', async () => {
    const read = await stored();
    fs.mkdirSync(inPlace(read.hash), { recursive: true });
    fs.writeFileSync(path.join(inPlace(read.hash), 'a.txt'), 'evil!!!');
    fs.chmodSync(place, 0o777);
    expect(fs.readFileSync(await read.path(), 'utf8')).toBe(content);
  });

  it('is not taken through a link', async () => {
    const read = await stored();
    fs.mkdirSync(path.join(folder, 'elsewhere', read.hash), { recursive: true });
    fs.writeFileSync(path.join(folder, 'elsewhere', read.hash, 'a.txt'), 'evil!!!');
    fs.mkdirSync(path.dirname(place));
    fs.symlinkSync(path.join(folder, 'elsewhere'), place);
    expect(fs.readFileSync(await read.path(), 'utf8')).toBe(content);
  });
});

it('a file that is not there, or a stream of something else, is refused with the field', async () => {
  const artifacts = new ArtifactStore(new WatchedDatastore());
  const save = async (value: unknown) => await artifacts.saveAsync('report', value, new InlineBudget());
  await expect(save(file('/no/such.csv'))).rejects.toEqual(
    leatError('ARTIFACT_UNSUPPORTED', "this.report: the file '/no/such.csv' cannot be read"),
  );
  await expect(save(file([1, 2] as never, { name: 'x' }))).rejects.toThrow(
    'yielded a number, expected bytes or text',
  );
});
