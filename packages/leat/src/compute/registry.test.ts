import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layerNames, loadLayer } from './registry.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'leat-registry-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Installs a module in the folder and returns what loading it comes to. */
async function loadModule(name: string, source: string): Promise<string> {
  const file = path.join(folder, 'node_modules', name, 'index.mjs');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, source);
  writeFileSync(
    path.join(path.dirname(file), 'package.json'),
    JSON.stringify({ name, exports: './index.mjs' }),
  );
  return loadLayer(name, folder).then(
    (factory) => factory.name,
    (error: Error & { readonly code?: string }) => `${error.code}: ${error.message}`,
  );
}

describe('loadLayer', () => {
  it('loads the layers that come with Leat', async () => {
    expect((await loadLayer('local')).name).toBe('local');
    expect(layerNames).toContain('batch');
  });

  it('loads a layer of a package of ours from where it is installed', async () => {
    const source = "export const computeLayer = { name: 'batch', contract: 1 };";
    const file = path.join(folder, 'node_modules', '@leat', 'aws', 'batch.mjs');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, source);
    writeFileSync(
      path.join(path.dirname(file), 'package.json'),
      JSON.stringify({ name: '@leat/aws', exports: { './batch': './batch.mjs' } }),
    );
    // The one beside `leat` comes first, where there is one.
    expect((await loadLayer('batch', folder)).name).toBe('batch');
  });

  it('names those that it knows when it does not know one', async () => {
    await expect(loadLayer('kubernets')).rejects.toMatchObject({
      code: 'LAYER_UNKNOWN',
      hint: expect.stringContaining('local'),
    });
    await expect(loadLayer('toString')).rejects.toMatchObject({ code: 'LAYER_UNKNOWN' });
  });

  it('loads a module of somebody else from the working directory', async () => {
    const source =
      "export const computeLayer = { name: 'nomad', contract: 1, parseOptions: (o) => o, open: async () => undefined };";
    expect(await loadModule('@acme/nomad', source)).toBe('nomad');
  });

  it('refuses another version of the contract, a module that is no layer, and one that is not there', async () => {
    const old =
      "export const computeLayer = { name: 'nomad', contract: 0, parseOptions: (o) => o, open: async () => undefined };";
    expect(await loadModule('@acme/old', old)).toContain(
      "LAYER_REFUSED: the compute layer '@acme/old' speaks version 0",
    );
    expect(await loadModule('@acme/other', 'export const x = 1;')).toContain(
      "LAYER_UNKNOWN: the module '@acme/other' is no compute layer",
    );
    expect(await loadModule('@acme/torn', 'throw new Error("broken");')).toContain(
      "'@acme/torn' cannot be loaded: broken",
    );
    await expect(loadLayer('@acme/none', folder)).rejects.toMatchObject({
      code: 'LAYER_UNKNOWN',
      hint: 'Install it: npm i @acme/none',
    });
  });
});
