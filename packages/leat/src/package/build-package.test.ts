import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isLeatError, type LeatError } from '../errors/index.ts';
import type { CodePackage } from './code-package.ts';
import { FlowFolder } from './flow-folder.fixture.ts';
import { packageSources } from './package-sources.ts';

let folder: FlowFolder;
beforeEach(() => {
  folder = new FlowFolder();
  folder.write('package.json', '{ "type": "module" }');
});
afterEach(() => folder.dispose());

/** What the package's `default` gives when a Node of this machine imports it and calls it; with another folder, as elsewhere. */
function call(built: CodePackage, from?: string): unknown {
  const entry = pathToFileURL(join(from ?? built.folder, built.entry)).href;
  const sources = JSON.stringify([[built.folder, built.root]]);
  const told = from === undefined ? `globalThis[Symbol.for('leat.sources/1')] = new Map(${sources});` : '';
  const script = `${told} const { default: value } = await import(${JSON.stringify(entry)}); console.log(JSON.stringify(await value()));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' }),
  );
}

async function failure(run: Promise<unknown>): Promise<LeatError> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isLeatError(error)) throw new Error(`was not refused: ${String(error)}`);
  expect(error.code).toBe('FLOW_LOAD');
  return error;
}

describe('the bundle', () => {
  it('holds what the flow imports, and runs where nothing is installed', async () => {
    folder.install(
      'esm-dep',
      { type: 'module', exports: './index.js' },
      { 'index.js': 'export const one = 1;' },
    );
    folder.install(
      'cjs-dep',
      { main: 'main.js' },
      { 'main.js': "const { sep } = require('node:path'); exports.sep = sep;" },
    );
    folder.write('lib/two.ts', 'export const two: number = 2;');
    folder.write('data.json', '{ "three": 3 }');
    folder.write('note.txt', 'four');
    folder.write('query.sql', 'five');
    folder.write('odd.ext', 'six');
    folder.write('raw.ext', new Uint8Array([7]));
    folder.write(
      'flow.ts',
      `
      import { one } from 'esm-dep';
      import { sep } from 'cjs-dep';
      import { two } from './lib/two.ts';
      import data from './data.json' with { type: 'json' };
      import note from './note.txt';
      import query from './query.sql';
      import odd from './odd.ext' with { type: 'text' };
      import raw from './raw.ext' with { type: 'bytes' };
      export default () => [one, sep, two, data.three, note, query, odd, raw[0]];
    `,
    );
    const built = await folder.build();
    const moved = join(folder.path, 'elsewhere');
    renameSync(built.folder, moved);
    renameSync(join(folder.path, 'node_modules'), join(folder.path, 'gone'));
    expect(call(built, moved)).toEqual([1, '/', 2, 3, 'four', 'five', 'six', 7]);
    expect(built.warnings).toEqual([]);
    expect(built.sources.map(({ path }) => path)).toEqual([
      'data.json',
      'flow.ts',
      'lib/two.ts',
      'note.txt',
      'odd.ext',
      'query.sql',
      'raw.ext',
    ]);
  });

  it('keeps await import() lazy', async () => {
    folder.write('heavy.ts', "globalThis.loaded = true; export const value = 'heavy';");
    folder.write(
      'flow.ts',
      "export default async () => { const before = globalThis.loaded ?? false; return [before, (await import('./heavy.ts')).value]; };",
    );
    expect(call(await folder.build())).toEqual([false, 'heavy']);
  });

  it('lowers decorators whatever the tsconfig of the user says', async () => {
    folder.write(
      'tsconfig.json',
      '{ "compilerOptions": { "experimentalDecorators": true, "useDefineForClassFields": false } }',
    );
    folder.write(
      'flow.ts',
      'const mark = (_m: unknown, context: { kind: string }) => { (globalThis as any).kind = context.kind; };\nclass A { @mark run() {} }\nexport default () => (globalThis as any).kind;',
    );
    expect(call(await folder.build())).toBe('method');
  });

  it("gives files their own names back, the user's and the dependencies'", async () => {
    folder.install(
      'asset-dep',
      { type: 'module', exports: './index.js' },
      { 'index.js': "export const asset = new URL('./asset.txt', import.meta.url).pathname;" },
    );
    folder.install(
      'old-dep',
      {},
      {
        'index.js':
          "'use strict';\nmodule.exports = [__dirname, __filename, (function () { return this === undefined; })()];",
      },
    );
    folder.write(
      'lib/where.ts',
      'export const where = [import.meta.url, import.meta.dirname, import.meta.filename, import.meta.resolve("./x.ts")];',
    );
    folder.write(
      'lib/own.ts',
      "import { dirname } from 'node:path';\nimport { fileURLToPath } from 'node:url';\nconst __dirname = dirname(fileURLToPath(import.meta.url));\nexport const own = __dirname;",
    );
    folder.write('lib/free.ts', 'export const free = __filename;');
    folder.write(
      'flow.ts',
      "import { where } from './lib/where.ts';\nimport { own } from './lib/own.ts';\nimport { free } from './lib/free.ts';\nimport { asset } from 'asset-dep';\nimport old from 'old-dep';\nexport default () => [where, own, free, asset, old];",
    );
    const at = (name: string): string => join(folder.path, name);
    expect(call(await folder.build())).toEqual([
      [
        pathToFileURL(at('lib/where.ts')).href,
        at('lib'),
        at('lib/where.ts'),
        pathToFileURL(at('lib/x.ts')).href,
      ],
      at('lib'),
      at('lib/free.ts'),
      at('node_modules/asset-dep/asset.txt'),
      [at('node_modules/old-dep'), at('node_modules/old-dep/index.js'), true],
    ]);
  });

  it('knows files by their names, however they would be written in a URL', async () => {
    const name = 'flöw [1] 数 100% #?.ts';
    folder.write('my flows/my lib/%20.ts', 'export const one = 1;');
    folder.write(
      `my flows/${name}`,
      "import { one } from './my lib/%20.ts';\nexport default () => [one, import.meta.filename];",
    );
    const built = await folder.build(`my flows/${name}`);
    expect(call(built)).toEqual([1, join(folder.path, 'my flows', name)]);
    expect(packageSources(built).map(({ path }) => path)).toEqual([
      `my flows/${name}`,
      'my flows/my lib/%20.ts',
    ]);
  });

  it('imports one file in several ways', async () => {
    folder.write('data.json', '{ "a": 1 }');
    folder.write('code.ts', 'export const one: number = 1;');
    folder.write(
      'flow.ts',
      `import one from './data.json';
import two from './data.json' with { type: 'json' };
import text from './data.json' with { type: 'text' };
import code from './code.ts' with { type: 'text' };
import { one as run } from './code.ts';
export default () => [one, two, text, code, run];`,
    );
    const built = await folder.build();
    expect(call(built)).toEqual([{ a: 1 }, { a: 1 }, '{ "a": 1 }', 'export const one: number = 1;', 1]);
    expect(built.sources.map(({ path }) => path)).toEqual(['code.ts', 'data.json', 'flow.ts']);
  });

  it("knows the names of the user's tsconfig, and takes nothing else from it", async () => {
    folder.write('base.json', '{ "compilerOptions": { "experimentalDecorators": true } }');
    const settings = (lib: string): string =>
      `{ "extends": "./base.json", /* paths */ "compilerOptions": { "paths": { "@/*": ["./${lib}/*"], "@own/one": ["./${lib}/one.ts"], "~/*": ["./${lib}/*"] } } }`;
    folder.write('tsconfig.json', settings('lib'));
    folder.write('lib/one.ts', 'export const one = 1;');
    folder.write('other/one.ts', 'export const one = 2;');
    folder.write(
      'flow.ts',
      `const mark = (_: unknown, { name }: ClassMethodDecoratorContext): void => void (marked = String(name));
let marked = '';
import { one } from '@/one';
import { one as own } from '@own/one';
import { one as home } from '~/one.ts';
class A { @mark run() {} }
export default () => [one, own, home, marked, A.name];`,
    );
    expect(call(await folder.build())).toEqual([1, 1, 1, 'run', 'A']);
    folder.write('tsconfig.json', settings('other'));
    expect(call(await folder.build())).toEqual([2, 2, 2, 'run', 'A']);
    folder.write('flow.ts', "import { one } from '@/missing';\nexport default () => one;");
    await expect(folder.build()).rejects.toMatchObject({ code: 'FLOW_LOAD' });
  });

  it('keeps the name of a class that another one shares', async () => {
    folder.write('other.ts', 'export class TrainFlow {}');
    folder.write(
      'flow.ts',
      "import { TrainFlow as Other } from './other.ts';\nclass TrainFlow { other = Other; }\nexport default TrainFlow;",
    );
    folder.write('name.ts', "import Flow from './flow.ts';\nexport default () => Flow.name;");
    folder.write('entry.ts', "export { default } from './flow.ts';");
    const script = (built: CodePackage): string =>
      execFileSync(
        process.execPath,
        [
          '--eval',
          `import(${JSON.stringify(join(built.folder, built.entry))}).then((m) => process.stdout.write(m.default.name))`,
        ],
        { encoding: 'utf8' },
      );
    expect(script(await folder.build())).toBe('TrainFlow');
    expect(script(await folder.build('entry.ts'))).toBe('TrainFlow');
    const statics = 'static one = 1; static two = TrainFlow.one;';
    folder.write('self.ts', `export default class TrainFlow { ${statics} }`);
    expect(script(await folder.build('self.ts'))).toBe('TrainFlow');
    const decorator = 'const mark = (method: unknown, context: unknown): void => void [method, context];';
    folder.write('marked.ts', `${decorator}\nexport default class TrainFlow { ${statics} @mark start() {} }`);
    expect(script(await folder.build('marked.ts'))).toBe('TrainFlow');
  });

  it('has leat in it, also where leat is not installed, and not its engine', async () => {
    folder.write(
      'flow.ts',
      "import { Flow, step } from 'leat';\nexport default class TinyFlow extends Flow { @step start() { this.next(this.end); } @step end() {} }",
    );
    const built = await folder.build();
    expect(built.files.map(({ name }) => name)).toEqual(['flow.js', 'flow.js.map']);
    expect(built.files[0]?.size).toBeLessThan(100_000);
    expect(Buffer.from(built.files[0]?.bytes ?? []).toString()).not.toContain(process.cwd());
    expect(packageSources(built).map(({ path }) => path)).toEqual(['flow.ts']);
  });
});

describe('a flow that asks leat for more than the language', () => {
  it.each([
    ['by name', "import { connect, Flow } from 'leat';\nexport default () => [typeof connect, typeof Flow];"],
    [
      'by namespace',
      "import * as leat from 'leat';\nexport default () => [typeof leat.connect, typeof leat.Flow];",
    ],
  ])('%s', async (_how, text) => {
    folder.write('flow.ts', text);
    expect(call(await folder.build())).toEqual(['function', 'function']);
  });

  it('and names what is not there, is refused', async () => {
    folder.write('flow.ts', "import { conect } from 'leat';\nexport default conect;");
    const error = await failure(folder.build());
    expect(error.message).toContain('No matching export');
    expect(error.place).toMatchObject({ file: join(folder.path, 'flow.ts'), line: 1 });
  });
});

describe('what cannot be bundled', () => {
  it('is used where the project has it, and listed', async () => {
    folder.install(
      'native',
      { type: 'module', exports: { import: './index.js' }, dependencies: { 'node-gyp-build': '1' } },
      { 'index.js': 'export const here = import.meta.url;' },
    );
    folder.install('old-native', { gypfile: true }, { 'index.js': 'module.exports = __filename;' });
    folder.install('uses-native', {}, { 'index.js': "module.exports = require('old-native');" });
    folder.write(
      'flow.ts',
      "import { here } from 'native';\nimport old from 'uses-native';\nexport default () => [here, old];",
    );
    const built = await folder.build();
    const [native, old] = ['native', 'old-native'].map((name) =>
      join(folder.path, 'node_modules', name, 'index.js'),
    );
    expect(call(built)).toEqual([pathToFileURL(native ?? '').href, old]);
    const place = (name: string) => ({
      name,
      place: `node_modules/${name}`,
      folder: `node_modules/${name}`,
      imported: true,
    });
    expect(built.externals).toEqual([
      { ...place('native'), reason: "it loads native code with 'node-gyp-build'" },
      { ...place('old-native'), reason: 'it has native code' },
    ]);
    expect(built.warnings).toEqual([]);
  });

  it('is found by its platform packages', async () => {
    folder.install(
      'sharpish',
      { optionalDependencies: { '@img/sharp-linux-x64': '1' } },
      { 'index.js': 'module.exports = 1;' },
    );
    folder.write('flow.ts', "import one from 'sharpish';\nexport default () => one;");
    expect((await folder.build()).externals.map(({ name }) => name)).toEqual(['sharpish']);
  });

  it('may be asked for by a dependency and not be there', async () => {
    folder.install(
      'asking',
      {},
      {
        'index.js':
          "exports.late = () => require('not-there'); try { require('neither'); } catch { exports.caught = true; }",
      },
    );
    folder.write(
      'flow.ts',
      "import asking from 'asking';\nexport default () => { try { asking.late(); } catch (error) { return [asking.caught, error.code]; } };",
    );
    expect(call(await folder.build())).toEqual([true, 'MODULE_NOT_FOUND']);
  });
});

describe('the hash', () => {
  const files = {
    'flow.ts':
      "import { one } from './lib/one.ts';\nimport note from './note.md';\nexport default () => one + note;",
    'lib/one.ts': 'export const one = 1; // a comment',
    'note.md': 'x',
  };
  const writeAll = (under = ''): void => {
    for (const [name, text] of Object.entries(files)) folder.write(under + name, text);
  };

  it('is the same for the same tree elsewhere, and for a second build', async () => {
    writeAll('a/');
    writeAll('b/deeper/');
    for (const place of ['a', 'b/deeper']) folder.write(`${place}/package.json`, '{}');
    const first = await folder.build('a/flow.ts');
    expect((await folder.build('b/deeper/flow.ts')).hash).toBe(first.hash);
    expect((await folder.build('a/flow.ts', 'other-cache')).hash).toBe(first.hash);
  });

  it.each(['flow.ts', 'lib/one.ts', 'note.md'] as const)(
    'is another when %s changes, be it a comment',
    async (name) => {
      writeAll();
      const before = await folder.build();
      folder.write(name, `${files[name]}${name.endsWith('.ts') ? ' // more' : ' more'}`);
      const after = await folder.build();
      expect(after.hash).not.toBe(before.hash);
      expect(
        after.sources
          .filter(({ path, hash }) => before.sources.every((old) => old.path !== path || old.hash !== hash))
          .map(({ path }) => path),
      ).toEqual([name]);
    },
  );
});

describe('the cache', () => {
  const old = new Date(Date.now() - 60_000);
  const age = (...names: readonly string[]): void => {
    for (const name of names) utimesSync(join(folder.path, name), old, old);
  };
  const builds = (): number =>
    readdirSync(join(folder.path, '.cache/packages'))
      .flatMap((home) => readdirSync(join(folder.path, '.cache/packages', home)))
      .filter((name) => !name.endsWith('.json')).length;

  beforeEach(() => {
    folder.write('lib/one.ts', 'export const one = 1;');
    folder.write('flow.ts', "import { one } from './lib/one';\nexport default () => one;");
    age('flow.ts', 'lib/one.ts');
  });

  it('gives an unchanged flow without a build', async () => {
    const first = await folder.build();
    const record = statSync(join(first.folder, '../build.json')).mtimeMs;
    const second = await folder.build();
    expect(statSync(join(second.folder, '../build.json')).mtimeMs).toBe(record);
    expect({ ...second, files: second.files.map(({ name, hash }) => [name, hash]) }).toEqual({
      ...first,
      files: first.files.map(({ name, hash }) => [name, hash]),
    });
    expect(second.files.map(({ bytes }) => Buffer.from(bytes))).toEqual(
      first.files.map(({ bytes }) => Buffer.from(bytes)),
    );
  });

  it('does not mind a touched file', async () => {
    const first = await folder.build();
    const record = statSync(join(first.folder, '../build.json')).mtimeMs;
    folder.write('lib/one.ts', 'export const one = 1;');
    expect(statSync(join((await folder.build()).folder, '../build.json')).mtimeMs).toBe(record);
  });

  it('sees a change of the same length at the same time', async () => {
    const now = new Date();
    const write = (value: number): void =>
      utimesSync(folder.write('lib/one.ts', `export const one = ${value};`), now, now);
    for (const value of [2, 3]) {
      write(value);
      expect(call(await folder.build())).toBe(value);
    }
  });

  it('sees a new file that takes the place of one that an import meant', async () => {
    renameSync(join(folder.path, 'lib'), join(folder.path, 'other'));
    folder.write('lib/one/index.ts', 'export const one = 10;');
    expect(call(await folder.build())).toBe(10);
    folder.write('lib/one.ts', 'export const one = 11;');
    expect(call(await folder.build())).toBe(11);
  });

  it('sees a package.json that changes what an import means', async () => {
    folder.install(
      'dep',
      { exports: './a.js', type: 'module' },
      { 'a.js': "export default 'a';", 'b.js': "export default 'b';" },
    );
    folder.write('flow.ts', "import dep from 'dep';\nexport default () => dep;");
    expect(call(await folder.build())).toBe('a');
    folder.write(
      'node_modules/dep/package.json',
      JSON.stringify({ name: 'dep', exports: './b.js', type: 'module', version: '1.0.1' }),
    );
    expect(call(await folder.build())).toBe('b');
  });

  it('is built again when it was damaged', async () => {
    const { folder: at } = await folder.build();
    renameSync(join(at, 'flow.js'), join(at, 'lost.js'));
    renameSync(at, join(folder.path, 'damaged'));
    expect(call(await folder.build())).toBe(1);
  });

  it('keeps a few packages of a flow, not all', async () => {
    for (let i = 0; i < 6; i++) {
      folder.write('lib/one.ts', `export const one = ${i};`);
      await folder.build();
    }
    expect(builds()).toBe(3);
  });

  it('stands two builds at once', async () => {
    const [a, b] = await Promise.all([folder.build(), folder.build()]);
    expect(a.hash).toBe(b.hash);
    expect(call(b)).toBe(1);
    expect(builds()).toBe(1);
  });
});

describe('what is wrong is said with its place', () => {
  it('a missing file', async () => {
    expect((await failure(folder.build('nowhere.ts'))).message).toContain('there is no file');
    mkdirSync(join(folder.path, 'flows'));
    expect((await failure(folder.build('flows'))).hint).toContain('flow.ts');
  });

  it('a syntax error', async () => {
    const file = folder.write('flow.ts', 'const ä = 1;\nexport default class X extends {');
    const error = await failure(folder.build());
    expect(error.message).toBe('the flow cannot be bundled: Expected identifier but found end of file');
    expect(error.place).toMatchObject({ file, line: 2 });
    expect(error.frame).toContain('> 2 | export default class X extends {');
  });

  it('a package that is not installed', async () => {
    folder.write('lib/a.ts', "/* ünï */ import x from '@scope/no-such/deep';\nexport default x;");
    folder.write('flow.ts', "export { default } from './lib/a.ts';");
    const error = await failure(folder.build());
    expect(error.message).toBe(
      "the package '@scope/no-such/deep', which 'lib/a.ts' imports, is not installed",
    );
    expect(error.hint).toBe('npm i @scope/no-such, when that is how it is spelled');
    expect(error.place).toEqual({ file: join(folder.path, 'lib/a.ts'), line: 1, column: 25 });
    expect(error.frame).toBe(
      "> 1 | /* ünï */ import x from '@scope/no-such/deep';\n    |                         ^^^^^^^^^^^^^^^^^^^^^\n  2 | export default x;",
    );
  });

  it('a file that is not there, and all that is wrong besides', async () => {
    folder.write('flow.ts', "import './gone.ts';\nimport './lost.ts';");
    const error = await failure(folder.build());
    expect(error.message).toBe("there is no file './gone.ts', which 'flow.ts' imports (and 1 more)");
    expect(error.details).toMatchObject({ problems: [{ line: 1 }, { line: 2 }] });
  });

  it('a kind of file that cannot be imported', async () => {
    folder.write('model.onnx', '');
    folder.write('flow.ts', "import model from './model.onnx';\nexport default model;");
    expect((await failure(folder.build())).hint).toContain("with { type: 'bytes' }");
  });

  it('a build that is called off', async () => {
    folder.write('flow.ts', 'export default 1;');
    const { buildPackage } = await import('./build-package.ts');
    await expect(
      buildPackage({
        file: join(folder.path, 'flow.ts'),
        cacheDir: join(folder.path, 'c'),
        signal: AbortSignal.abort(),
      }),
    ).rejects.toThrow('aborted');
    expect(existsSync(join(folder.path, 'c'))).toBe(false);
  });
});

describe('a package whose loader provides the language', () => {
  const language = ['Flow', 'step', 'LeatError'];
  const text =
    "import { Flow, step } from 'leat';\nexport default class Small extends Flow { @step start() {} }\n";
  const build = async (): Promise<CodePackage> => {
    const { buildPackage } = await import('./build-package.ts');
    return buildPackage({ file: join(folder.path, 'flow.ts'), cacheDir: join(folder.path, 'c'), language });
  };

  it('holds the code of the user alone, and takes the language from where it is provided', async () => {
    folder.write('flow.ts', text);
    const built = await build();
    const alone = Buffer.from(built.files.find(({ name }) => name === 'flow.js')?.bytes ?? '').toString();
    const bundled = await folder.build();
    const whole = Buffer.from(bundled.files.find(({ name }) => name === 'flow.js')?.bytes ?? '').toString();
    expect(alone).toContain('Symbol.for("leat.language/1")');
    expect(alone.length).toBeLessThan(whole.length / 2);
    const entry = pathToFileURL(join(built.folder, built.entry)).href;
    const lines = `await import(${JSON.stringify(entry)})`;
    const run = (before: string) =>
      spawnSync(
        process.execPath,
        ['--input-type=module', '-e', `${before}\nconsole.log((${lines}).default.name)`],
        {
          encoding: 'utf8',
        },
      );
    const provide = "globalThis[Symbol.for('leat.language/1')] = { Flow: class {}, step() {} };";
    expect(run(provide).stdout).toBe('Small\n');
    expect(run('').stderr).toContain('a code package of Leat is run by Leat: leat run FLOW');
  });

  it('holds all of it when the flow asks leat for more than the language', async () => {
    folder.write('flow.ts', `${text}import { connect } from 'leat';\nexport const client = connect;\n`);
    const built = await build();
    const bytes = built.files.reduce((sum, { name, size }) => (name.endsWith('.js') ? sum + size : sum), 0);
    expect(bytes).toBeGreaterThan(100_000);
  });
});

it("sees through links: a linked package of a workspace is the user's own code", async () => {
  folder.write(
    'packages/shared/package.json',
    '{ "name": "shared", "type": "module", "exports": "./index.ts" }',
  );
  folder.write('packages/shared/index.ts', 'export const shared: number = 5;');
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync('../packages/shared', join(folder.path, 'node_modules/shared'));
  folder.write('package.json', '{ "workspaces": ["packages/*"] }');
  folder.write('packages/app/package.json', '{ "type": "module" }');
  folder.write('packages/app/flow.ts', "import { shared } from 'shared';\nexport default () => shared;");
  const built = await folder.build('packages/app/flow.ts');
  expect(call(built)).toBe(5);
  expect(built).toMatchObject({ root: folder.path, flowFile: 'packages/app/flow.ts' });
  expect(built.sources.map(({ path }) => path)).toEqual(['packages/app/flow.ts', 'packages/shared/index.ts']);
});
