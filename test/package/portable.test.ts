import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Leat } from '../cli/leat.ts';
import { leatForEachTest } from '../cli/leat-for-tests.ts';

const layer = path.join(import.meta.dirname, 'elsewhere-layer.mjs');
const modules = path.join(import.meta.dirname, '../../node_modules');

// `sharp` loads a module of a package for this platform, which is linked to libraries in another one.
const flow = `
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Flow, step } from 'leat';
import sharp from 'sharp';
const prompts = join(import.meta.dirname, 'prompts');
const prompt = (name: string): string => readFileSync(join(prompts, name + '.txt'), 'utf8');
export default class PortableFlow extends Flow {
  declare seen: Record<string, unknown>;
  @step async start() {
    const image = await sharp({ create: { width: 8, height: 4, channels: 3, background: '#fff' } }).png().toBuffer();
    const { width, height } = await sharp(image).metadata();
    const squared = await new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: 12 });
      worker.once('message', resolve).once('error', reject);
    });
    this.seen = {
      size: [width, height],
      data: JSON.parse(readFileSync(new URL('./data.json', import.meta.url), 'utf8')),
      prompts: [prompt('one'), prompt('two'), readdirSync(prompts).sort()],
      more: readFileSync(join(import.meta.dirname, String('more.txt')), 'utf8'),
      squared,
      here: import.meta.dirname,
      libraries: process.report.getReport().sharedObjects.filter((name: string) => name.includes('sharp')),
    };
    this.next(this.end);
  }
  @step end() {}
}`;

describe('a flow with native code, data files and a worker', { timeout: 180_000 }, () => {
  let leat: Leat;
  let elsewhere: string;
  leatForEachTest((own) => {
    leat = own;
    elsewhere = mkdtempSync(path.join(tmpdir(), 'leat-elsewhere-'));
    leat.env['LEAT_TEST_ELSEWHERE'] = elsewhere;
    project(leat.folder);
  });
  afterEach(() => {
    rmSync(elsewhere, { recursive: true, force: true });
  });

  function project(folder: string): void {
    const write = (name: string, text: string): void => writeFileSync(path.join(folder, name), text);
    mkdirSync(path.join(folder, 'node_modules'), { recursive: true });
    mkdirSync(path.join(folder, 'prompts'), { recursive: true });
    symlinkSync(path.join(modules, 'sharp'), path.join(folder, 'node_modules/sharp'));
    write('package.json', '{ "type": "module" }');
    write('flow.ts', flow);
    write('data.json', '{ "answer": 42 }');
    write('prompts/one.txt', 'first');
    write('prompts/two.txt', 'second');
    write('more.txt', 'told');
    write(
      'worker.mjs',
      "import { parentPort, workerData } from 'node:worker_threads';\nimport { square } from './square.mjs';\nparentPort.postMessage(square(workerData));",
    );
    write('square.mjs', 'export const square = (x) => x * x;');
    write(
      'leat.config.ts',
      "import { defineConfig } from 'leat';\nexport default defineConfig({ package: { include: ['more.txt'] } });",
    );
  }

  const seen = { size: [8, 4], data: { answer: 42 }, more: 'told', squared: 144 };
  const prompts = ['first', 'second', ['one.txt', 'two.txt']];

  it('runs where there is nothing but the tools and its package', async () => {
    await leat.ok(['run', 'flow.ts', '--with', layer]);
    const found = (await leat.json('get', 'PortableFlow/1/start.seen')) as Readonly<Record<string, unknown>>;
    expect(found).toMatchObject({ ...seen, prompts });
    expect(found['here']).toMatch(new RegExp(`^${elsewhere}/[^/]+/package/files$`));
    const libraries = found['libraries'] as readonly string[];
    expect(libraries.length).toBeGreaterThan(1);
    for (const library of libraries) expect(library.startsWith(`${elsewhere}/`)).toBe(true);
  });

  it('runs on this machine from the project itself, and nothing is copied', async () => {
    await leat.ok(['run', 'flow.ts']);
    expect(await leat.json('get', 'PortableFlow/1/start.seen')).toMatchObject({
      ...seen,
      prompts,
      here: leat.folder,
    });
    const [stored = ''] = readdirSync(path.join(leat.folder, '.leat/store/packages'));
    expect(readdirSync(path.join(leat.folder, '.leat/store/packages', stored))).not.toContain('files');
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
