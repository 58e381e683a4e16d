import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { importPackage } from '../errors/import-package.ts';
import { metadataExists, openMetadata } from './open-metadata.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leat-metadata-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('opens the same database by its folder, its file and its URL', async () => {
  const file = join(folder, 'metadata.db');
  const places = [folder, file, pathToFileURL(file).href.replace(/^file:/, 'sqlite:')];
  expect(places.map(metadataExists)).toEqual([false, false, false]);
  for (const place of places) {
    const store = await openMetadata(place);
    expect(store.url).toBe(places[2]);
    await store.close();
  }
  expect(places.map(metadataExists)).toEqual([true, true, true]);
});

it('knows the drivers by name, and shows no password where it knows none', async () => {
  const opened = openMetadata('mysql://ada:s3cret@db/leat');
  await expect(opened).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: "no metadata driver is called 'mysql' (in 'mysql://ada@db/leat')",
  });
  expect(metadataExists('postgresql://db/leat')).toBe(true);
});

it('says how to install a driver that is not there', async () => {
  await expect(importPackage('@leat/nowhere', [folder])).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    message: "the package '@leat/nowhere' is not installed",
    hint: 'npm install @leat/nowhere',
  });
});

it('names the package of an entry that is not there', async () => {
  await expect(importPackage('@leat/nowhere/deep', [folder])).rejects.toMatchObject({
    hint: 'npm install @leat/nowhere',
  });
});

it('finds a driver in any of the folders', async () => {
  const place = join(folder, 'node_modules/@leat/here');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  writeFileSync(join(place, 'index.js'), 'export const here = 1;');
  expect(await importPackage('@leat/here', [tmpdir(), folder])).toMatchObject({ here: 1 });
});
