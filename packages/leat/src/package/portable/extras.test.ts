import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFsDatastore } from '../../datastore/fs/index.ts';
import type { CodePackage } from '../code-package.ts';
import { FlowFolder } from '../flow-folder.fixture.ts';
import { ownPlatform } from '../native/platform.ts';
import { writePackage } from '../write-package.ts';
import { extrasOf } from './package-size.ts';
import { portableFiles } from './portable-files.ts';
import { copyPackage, keepExtras, storeArchive } from './store-package.ts';
import { unpack } from './unpack.ts';

let folder: FlowFolder;
beforeEach(() => {
  folder = new FlowFolder();
  folder.write('package.json', '{ "type": "module" }');
});
afterEach(() => folder.dispose());

const platform = ownPlatform();
const wanted = { platform, limitMb: 250, cacheDir: '' };
const extraNames = (built: CodePackage): readonly string[] => extrasOf(built).extras.map(({ name }) => name);

/** What the flow gives in a copy of its package, in an empty folder, as a plain Node runs it there. */
function callElsewhere(built: CodePackage): unknown {
  const copy = copyPackage(built, { ...wanted, cacheDir: join(folder.path, '.copies') });
  const elsewhere = new FlowFolder();
  try {
    cpSync(copy, elsewhere.path, { recursive: true });
    const entry = JSON.stringify(pathToFileURL(join(elsewhere.path, 'flow.js')).href);
    const script = `const { default: value } = await import(${entry}); console.log(JSON.stringify(await value()));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      cwd: elsewhere.path,
    });
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout.replaceAll(elsewhere.path, '')) as unknown;
  } finally {
    elsewhere.dispose();
  }
}

describe('what a flow needs beside its bundle', () => {
  it('is nothing for most, and then there is no list', async () => {
    folder.write('flow.ts', 'export default () => 1;');
    const built = await folder.build();
    expect(built.files.map(({ name }) => name)).toEqual(['flow.js', 'flow.js.map']);
    expect(callElsewhere(built)).toBe(1);
  });

  it('is found: files, folders, scripts with what they import, packages by their names', async () => {
    folder.install(
      'by-name',
      { type: 'module', exports: './index.js', dependencies: { needed: '1' } },
      { 'index.js': "export { default } from 'needed';" },
    );
    folder.install(
      'needed',
      { main: './main.js' },
      { 'main.js': "module.exports = 'needed';", 'README.md': 'no' },
    );
    folder.write('lib/data/a.txt', 'A');
    folder.write('lib/data/deep/b.txt', 'B');
    folder.write('lib/data/.env', 'SECRET=1');
    folder.write('lib/data/node_modules/x/index.js', '');
    folder.write('script.mjs', "import { two } from './two.mjs';\nprocess.stdout.write(String(two));");
    folder.write('two.mjs', 'export const two = 2;');
    folder.write(
      'lib/read.ts',
      `
      import { readFileSync } from 'node:fs';
      import { join } from 'node:path';
      const data = join(import.meta.dirname, 'data');
      export const read = (name: string): string => readFileSync(join(data, name), 'utf8');`,
    );
    folder.write(
      'flow.ts',
      `
      import { spawnSync } from 'node:child_process';
      import { createRequire } from 'node:module';
      import { fileURLToPath } from 'node:url';
      import { read } from './lib/read.ts';
      const load = createRequire(import.meta.url);
      export default () => [read('a.txt'), read('deep/b.txt'), load('by-name').default,
        String(spawnSync(process.execPath, [fileURLToPath(new URL('./script.mjs', import.meta.url))]).stdout), import.meta.dirname];`,
    );
    const built = await folder.build();
    expect(extraNames(built)).toEqual([
      'files/lib/data/a.txt',
      'files/lib/data/deep/b.txt',
      'files/script.mjs',
      'files/two.mjs',
      'node_modules/by-name/index.js',
      'node_modules/by-name/package.json',
      'node_modules/needed/main.js',
      'node_modules/needed/package.json',
    ]);
    expect(callElsewhere(built)).toEqual(['A', 'B', 'needed', '2', '/files']);
  });

  it('of a package that reads its own files is the whole package', async () => {
    folder.install(
      'templates',
      {},
      {
        'index.js':
          "const fs = require('fs'); module.exports = (name) => fs.readFileSync(require('path').join(__dirname, name), 'utf8');",
        'one.html': '<b>',
      },
    );
    folder.write(
      'flow.ts',
      "import templates from 'templates';\nexport default () => templates('one.html');",
    );
    expect(callElsewhere(await folder.build())).toBe('<b>');
  });

  it('of a package that loads modules by computed names is the package, outside of the bundle', async () => {
    folder.install(
      'plugins',
      {},
      {
        'index.js': "module.exports = (name) => require('./' + ['plugin', name].join('-'));",
        'plugin-a.js': "module.exports = 'a';",
      },
    );
    folder.install(
      'uses-plugins',
      { dependencies: { plugins: '1' } },
      { 'index.js': "module.exports = require('plugins')('a');" },
    );
    folder.write('flow.ts', "import value from 'uses-plugins';\nexport default () => value;");
    const built = await folder.build();
    expect(built.externals.map(({ name }) => name)).toEqual(['plugins']);
    expect(callElsewhere(built)).toBe('a');
  });

  it('may be in two versions', async () => {
    folder.install('native', { version: '1.0.0', gypfile: true }, { 'index.js': 'module.exports = 1;' });
    folder.install(
      'dep',
      { dependencies: { native: '2' } },
      { 'index.js': "module.exports = require('native');" },
    );
    folder.install(
      'dep/node_modules/native',
      { name: 'native', version: '2.0.0', gypfile: true },
      { 'index.js': 'module.exports = 2;' },
    );
    folder.write(
      'flow.ts',
      "import dep from 'dep';\nimport native from 'native';\nexport default () => [native, dep];",
    );
    const built = await folder.build();
    expect(built.externals.map(({ place }) => place)).toEqual([
      'node_modules/native',
      'node_modules/native+2.0.0',
    ]);
    expect(callElsewhere(built)).toEqual([1, 2]);
  });
});

describe('the package', () => {
  const flow =
    "import { readFileSync } from 'node:fs';\nexport default () => readFileSync(new URL('./data.txt', import.meta.url), 'utf8');";

  it('has another hash when a data file changes, also in the cache, and the same in another folder', async () => {
    for (const place of ['a', 'b/deeper']) {
      folder.write(`${place}/package.json`, '{}');
      folder.write(`${place}/data.txt`, 'one');
      folder.write(`${place}/flow.ts`, flow);
    }
    const first = await folder.build('a/flow.ts');
    expect((await folder.build('b/deeper/flow.ts')).hash).toBe(first.hash);
    folder.write('a/data.txt', 'two');
    expect((await folder.build('a/flow.ts')).hash).not.toBe(first.hash);
    folder.write('a/data.txt', 'one');
    expect((await folder.build('a/flow.ts')).hash).toBe(first.hash);
  });

  it('is what the run began with, whatever is edited before another machine asks for it', async () => {
    folder.write('data.txt', 'one');
    folder.write('flow.ts', flow);
    const built = await folder.build();
    const cacheDir = join(folder.path, '.kept');
    keepExtras(built, cacheDir);
    folder.write('data.txt', 'two');
    const store = openFsDatastore(join(folder.path, 'store'));
    await storeArchive(store, built, { ...wanted, cacheDir });
    const copy = copyPackage(built, { ...wanted, cacheDir });
    expect(readFileSync(join(copy, 'files/data.txt'), 'utf8')).toBe('one');
    expect(() => keepExtras(built, join(folder.path, '.late'))).toThrow('has changed since');
    const other = openFsDatastore(join(folder.path, 'other'));
    await expect(storeArchive(other, built, wanted)).rejects.toMatchObject({ code: 'FLOW_LOAD' });
  });

  it('is one object in a datastore, the same bytes from every folder, and comes out as it was', async () => {
    const archives: string[] = [];
    for (const place of ['a', 'b/deeper']) {
      folder.write(`${place}/package.json`, '{}');
      folder.write(`${place}/data.txt`, 'one');
      chmodSync(folder.write(`${place}/flow.ts`, flow), 0o644);
      const built = await folder.build(`${place}/flow.ts`);
      const store = openFsDatastore(join(folder.path, `store-${archives.length}`));
      const stored = await storeArchive(
        store,
        { ...built, root: '/same' === built.root ? '' : built.root },
        wanted,
      );
      expect(await storeArchive(store, built, wanted)).toEqual(stored);
      const target = join(folder.path, `out-${archives.length}`);
      mkdirSync(target);
      const source = await store.getStream(stored.key);
      if (source === undefined) throw new Error('it was not stored');
      await unpack(source, target, built.hash);
      expect(readFileSync(join(target, 'files/data.txt'), 'utf8')).toBe('one');
      const bundle = Buffer.concat(built.files.map(({ bytes }) => bytes));
      archives.push(createHash('sha256').update(bundle).digest('hex'));
    }
    expect(archives[0]).toBe(archives[1]);
  });

  it('is linked, not copied, on this machine, and to remove it leaves what the links lead to', async () => {
    folder.install('native', { gypfile: true }, { 'index.js': 'module.exports = 1;' });
    folder.write('flow.ts', "import native from 'native';\nexport default () => native;");
    const built = await folder.build();
    const store = openFsDatastore(join(folder.path, 'store'));
    await writePackage(store, built);
    const keys: string[] = [];
    for await (const { key } of store.list('packages/')) keys.push(key);
    expect(keys).toContain(`packages/${built.hash}/node_modules/native`);
    await store.delete(keys);
    expect(readdirSync(join(folder.path, 'store'))).not.toContain('packages');
    expect(existsSync(join(folder.path, 'node_modules/native/index.js'))).toBe(true);
    rmSync(join(built.folder, 'node_modules/native'));
    symlinkSync('/nowhere', join(built.folder, 'node_modules/native'));
    await folder.build();
    await writePackage(store, built);
    expect(existsSync(join(folder.path, 'store/packages', built.hash, 'node_modules/native/index.js'))).toBe(
      true,
    );
  });
});

describe('leat.config', () => {
  const flow = 'export default () => 1;';

  it('adds and leaves out, and a change of it is seen', async () => {
    folder.write('flow.ts', flow);
    folder.write('data/a.txt', 'A');
    folder.write('data/b.bin', 'B');
    expect(extraNames(await folder.build())).toEqual([]);
    folder.write('leat.config.json', '{ "package": { "include": ["data/**"] } }');
    expect(extraNames(await folder.build())).toEqual(['files/data/a.txt', 'files/data/b.bin']);
    folder.write('data/c.txt', 'C');
    expect(extraNames(await folder.build())).toEqual([
      'files/data/a.txt',
      'files/data/b.bin',
      'files/data/c.txt',
    ]);
    folder.write('globs.ts', "export const out: readonly string[] = ['data/*.bin'];");
    folder.write(
      'leat.config.ts',
      "import { defineConfig } from 'leat';\nimport { out } from './globs.ts';\nexport default defineConfig({ package: { include: ['data/**'], exclude: out } });",
    );
    expect(extraNames(await folder.build())).toEqual(['files/data/a.txt', 'files/data/c.txt']);
    folder.write('globs.ts', "export const out: readonly string[] = ['data/*.txt'];");
    expect(extraNames(await folder.build())).toEqual(['files/data/b.bin']);
  });

  it.each([
    ['{ "packages": {} }', "no setting 'packages'"],
    ['{ "package": { "includes": [] } }', "no setting 'package.includes'"],
    ['{ "package": { "include": "data" } }', "'package.include' is a list of globs"],
    ['{ "package": { "exclude": ["/etc/**"] } }', "'/etc/**': globs are relative"],
    ['{ "package": { "limitMb": 0 } }', "'package.limitMb' is a number of MB"],
    ['{ "node": 24 }', "'node' is the path"],
    ['[]', 'is an object with settings'],
  ])('says what it may not: %s', async (text, message) => {
    folder.write('flow.ts', flow);
    folder.write('leat.config.json', text);
    await expect(folder.build()).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('that cannot be loaded is told with its place', async () => {
    folder.write('flow.ts', flow);
    folder.write('leat.config.js', "throw new Error('oh no');");
    await expect(folder.build()).rejects.toMatchObject({
      code: 'FLOW_LOAD',
      message: expect.stringContaining('oh no'),
    });
  });
});

describe('a package that no other machine can have is refused for those, and runs here', () => {
  const refused = (built: CodePackage, limitMb = 250): unknown => {
    try {
      portableFiles(built, { platform, limitMb });
      return undefined;
    } catch (error) {
      return error;
    }
  };

  it('since it is too large: the largest files are named, and how to leave them out', async () => {
    folder.write('leat.config.json', '{ "package": { "include": ["data/**"], "limitMb": 2 } }');
    writeFileSync(folder.write('data/large.bin', ''), Buffer.alloc(1_500_000));
    writeFileSync(folder.write('data/larger.bin', ''), Buffer.alloc(3_000_000));
    folder.write('data/small.txt', 'x');
    folder.write('flow.ts', 'export default () => 1;');
    const built = await folder.build();
    expect(refused(built, 2)).toMatchObject({
      code: 'LAYER_REFUSED',
      message: expect.stringMatching(
        /would be 4\.5 MB, and 2 MB are allowed; its largest files: 'files\/data\/larger\.bin' \(3\.0 MB\), 'files\/data\/large\.bin' \(1\.5 MB\)/,
      ),
      hint: expect.stringContaining("exclude: ['data/larger.bin']"),
    });
    folder.write(
      'leat.config.json',
      '{ "package": { "include": ["data/**"], "exclude": ["data/larger.bin"], "limitMb": 2 } }',
    );
    expect(refused(await folder.build(), 2)).toBeUndefined();
  });

  it('since its native code is for another platform, unless it has some for this one too', async () => {
    const elf = (machine: number): Buffer => {
      const bytes = Buffer.alloc(200);
      bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
      bytes.writeUInt16LE(machine, 18);
      return bytes;
    };
    const macho = Buffer.from('cffaedfe0c000001'.padEnd(400, '0'), 'hex');
    folder.install(
      'fast',
      { optionalDependencies: { 'fast-darwin-arm64': '1', [`fast-${platform}`]: '1' } },
      { 'index.js': 'module.exports = 1;' },
    );
    folder.install('fast-darwin-arm64', {}, {});
    writeFileSync(folder.write('node_modules/fast-darwin-arm64/fast.node', ''), macho);
    folder.write('flow.ts', "import fast from 'fast';\nexport default () => fast;");
    expect(refused(await folder.build())).toMatchObject({
      code: 'LAYER_REFUSED',
      message: `'fast' has native code for darwin-arm64, and tasks run on ${platform} with glibc`,
      hint: expect.stringContaining('npm i --os=linux'),
    });
    folder.install(`fast-${platform}`, {}, {});
    writeFileSync(
      folder.write(`node_modules/fast-${platform}/fast.node`, ''),
      elf(process.arch === 'arm64' ? 183 : 62),
    );
    folder.write('node_modules/fast/more.js', '');
    folder.write('flow.ts', "import fast from 'fast';\nexport default () => fast; // again");
    const names = portableFiles(await folder.build(), { platform, limitMb: 250 }).map(({ name }) => name);
    expect(names).toContain(`node_modules/fast-${platform}/fast.node`);
    expect(names).not.toContain('node_modules/fast-darwin-arm64/fast.node');
  });
});
