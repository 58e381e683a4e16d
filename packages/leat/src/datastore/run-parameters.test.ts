import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFsDatastore } from './fs/index.ts';
import { loadParameters, loadParametersAsync } from './run-parameters.ts';
import { saveParameters, saveParametersAsync } from './save-parameters.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-parameters-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('gives back what was stored, under a key of its content', () => {
  const store = openFsDatastore(folder);
  const values = { alpha: 0.1, since: new Date(0), sizes: new Set([1, 2]), bytes: new Uint8Array([1, 2]) };
  const key = saveParameters(store, values);
  expect(loadParameters(store, key)).toEqual(values);
  expect(saveParameters(store, { ...values })).toBe(key);
  expect(saveParameters(store, { ...values, alpha: 0.2 })).not.toBe(key);
  expect(loadParameters(store, saveParameters(store, {}))).toEqual({});
});

it('needs no object for a few plain values, and only for those', async () => {
  const store = openFsDatastore(folder);
  const plain = { alpha: 0.1, name: 'ü"\\', on: true, none: null, sizes: [1, 2], deep: { a: [{}] } };
  for (const values of [{}, plain]) {
    const key = saveParameters(store, values);
    expect(await saveParametersAsync(store, values)).toBe(key);
    expect(loadParameters(store, key)).toStrictEqual(values);
    expect(await loadParametersAsync(store, key)).toStrictEqual(values);
  }
  expect(readdirSync(folder)).toEqual([]);
  const others = [-0, NaN, Infinity, undefined, 1n, new Date(0), [undefined], new Map(), 'x'.repeat(600)];
  for (const value of others) {
    const key = await saveParametersAsync(store, { value });
    expect(key).toMatch(/^blobs\//);
    expect(loadParameters(store, key)).toStrictEqual({ value });
  }
});

it('refuses what is gone or damaged', () => {
  const store = openFsDatastore(folder);
  const key = saveParameters(store, { since: new Date(0) });
  writeFileSync(path.join(folder, key), 'torn');
  expect(() => loadParameters(store, key)).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error,
  );
  for (const wrong of ['blobs/00/11', 'json:{"alpha":', 'json:null'])
    expect(() => loadParameters(store, wrong)).toThrow(
      expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error,
    );
});
