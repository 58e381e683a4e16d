import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';
import { modules, portableSeen, writePortableProject } from './portable-project.ts';

const layer = path.join(import.meta.dirname, 'elsewhere-layer.mjs');

describe('a flow with native code, data files and a worker', { timeout: 180_000 }, () => {
  let leat: Leat;
  let elsewhere: string;
  leatForEachTest((own) => {
    leat = own;
    elsewhere = mkdtempSync(path.join(tmpdir(), 'leat-elsewhere-'));
    leat.env['LEAT_TEST_ELSEWHERE'] = elsewhere;
    writePortableProject(leat.folder);
  });
  afterEach(() => {
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it('runs where there is nothing but the tools and its package', async () => {
    await leat.ok(['run', 'flow.ts', '--with', layer]);
    const found = (await leat.json('get', 'PortableFlow/1/start.seen')) as Readonly<Record<string, unknown>>;
    expect(found).toMatchObject(portableSeen);
    expect(found['here']).toMatch(new RegExp(`^${elsewhere}/[^/]+/package/files$`));
    const libraries = found['libraries'] as readonly string[];
    expect(libraries.length).toBeGreaterThan(1);
    for (const library of libraries) expect(library.startsWith(`${elsewhere}/`)).toBe(true);
  });

  it('runs on this machine from the project itself, and nothing is copied', async () => {
    await leat.ok(['run', 'flow.ts']);
    expect(await leat.json('get', 'PortableFlow/1/start.seen')).toMatchObject({
      ...portableSeen,
      here: leat.folder,
    });
    const [stored = ''] = readdirSync(path.join(leat.folder, '.leat/store/packages'));
    expect(readdirSync(path.join(leat.folder, '.leat/store/packages', stored))).not.toContain('files');
  });

  it('is told how large its package is, once that is worth a line, and always to programs', async () => {
    const small = (await leat.ok(['check', 'flow.ts'])).stdout;
    expect(small).not.toContain('for other machines');
    writeFileSync(path.join(leat.folder, 'prompts/model.bin'), Buffer.alloc(30_000_000));
    expect((await leat.ok(['check', 'flow.ts'])).stdout).toMatch(
      /the code package has \d\d\.\d MB in \d+ files for other machines; the largest: files\/prompts\/model\.bin \(30\.0 MB\), /,
    );
    const { package: told } = await leat.json<{ package: { bytes: number; hash: string } }>(
      'check',
      'flow.ts',
    );
    expect(told.bytes).toBeGreaterThan(30_000_000);
    expect(told.hash).toMatch(/^[0-9a-f]+$/);
  });

  it('has the same package in another folder, whatever the order of files on the disk', async () => {
    const other = path.join(leat.folder, 'checkout');
    mkdirSync(other);
    for (const name of [
      'data.json',
      'square.mjs',
      'worker.mjs',
      'prompts',
      'more.txt',
      'leat.config.ts',
      'flow.ts',
      'package.json',
    ])
      cpSync(path.join(leat.folder, name), path.join(other, name), { recursive: true });
    cpSync(path.join(modules, 'sharp'), path.join(other, 'node_modules/sharp'), { recursive: true });
    cpSync(path.join(modules, '@img'), path.join(other, 'node_modules/@img'), { recursive: true });
    for (const name of ['detect-libc', 'semver'])
      cpSync(path.join(modules, name), path.join(other, 'node_modules', name), { recursive: true });
    await leat.ok(['run', 'flow.ts', '--with', layer]);
    await leat.ok(['run', 'checkout/flow.ts', '--with', layer]);
    const stored = readdirSync(path.join(leat.folder, '.leat/store/packages'));
    expect(stored).toHaveLength(1);
  });
});
