import { describe, expect, it } from 'vitest';
import { findReferences } from './find-references.ts';

const file = '/project/lib/read.ts';

/** Places as `path`, or `path*` when only the beginning is known; the own folder as `.`. */
async function placesOf(text: string): Promise<readonly string[]> {
  const { places } = await findReferences({ path: file, text, loader: 'ts' });
  return places.map(({ path, exact, own }) => (own ? '.' : path) + (exact ? '' : '*')).toSorted();
}

describe('places that a file names', () => {
  it.each([
    ["readFileSync(new URL('./a.json', import.meta.url))", ['/project/lib/a.json']],
    ["new Worker(new URL('../w.mjs', import.meta.url).href)", ['/project/w.mjs']],
    ["open(fileURLToPath(new URL('a%20b.txt', import.meta.url)))", ['/project/lib/a b.txt']],
    ["read(path.join(import.meta.dirname, 'data', 'x.csv'))", ['/project/lib/data/x.csv']],
    ["read(join(__dirname, '..', 'x.csv'))", ['/project/x.csv']],
    ["read(resolve(dirname(fileURLToPath(import.meta.url)), 'x.csv'))", ['/project/lib/x.csv']],
    ['read(`${import.meta.dirname}/x.csv`)', ['/project/lib/x.csv']],
    ["read(__dirname + '/x.csv')", ['/project/lib/x.csv']],
    ["read(import.meta.resolve('./x.csv'))", ['/project/lib/x.csv']],
    [
      "const here = import.meta.dirname; const data = join(here, 'data'); read(join(data, 'x.csv'))",
      ['/project/lib/data/x.csv'],
    ],
    ["const data = join(import.meta.dirname, 'data'); readdir(data)", ['/project/lib/data']],
    ["export const data = join(import.meta.dirname, 'data');", ['/project/lib/data']],
    ["const data = join(import.meta.dirname, 'data'); export { data };", ['/project/lib/data']],
    [
      "const read = (name: string) => readFile(join(import.meta.dirname, 'prompts', name))",
      ['/project/lib/prompts*'],
    ],
    ['new URL(`./prompt-${n}.txt`, import.meta.url)', ['/project/lib/prompt-*']],
    ['const f = (n) => read(`${__dirname}/prompts/${n}.txt`)', ['/project/lib/prompts/*']],
    ['const f = (n) => read(join(__dirname, n))', ['.*']],
    ["const load = createRequire(import.meta.url); load('./x.json')", ['/project/lib/x.json']],
    ["class A { @step async go() { await readFile(new URL('./x', import.meta.url)); } }", ['/project/lib/x']],
  ])('%s', async (text, places) => {
    expect(await placesOf(text)).toEqual(places);
  });

  it.each([
    "// new URL('./a.json', import.meta.url)",
    "console.log(import.meta.url, 'new URL')",
    "new URL('https://example.org/a', import.meta.url)",
    "new URL('/etc/passwd', import.meta.url)",
    "read(join(folder, 'x.csv'))",
    "const a = a + 'x'; read(a)",
    'let x = __dirname; let y = { dirname: 1 }; y.dirname',
    'this is no program (',
  ])('none: %s', async (text) => {
    expect(await placesOf(text)).toEqual([]);
  });
});

describe('packages that a file asks for by name at run time', () => {
  it.each([
    ["createRequire(import.meta.url)('sharp')", ['sharp']],
    [
      "const require = createRequire(import.meta.url); require('better-sqlite3'); require('@a/b/c.json')",
      ['@a/b/c.json', 'better-sqlite3'],
    ],
    ["import.meta.resolve('data-package/table.csv')", ['data-package/table.csv']],
    ["require.resolve('x/y')", ['x/y']],
    ["require('bundled'); import('./lazy.ts')", []],
  ])('%s', async (text, packages) => {
    const found = await findReferences({ path: file, text, loader: 'ts' });
    expect(found.packages.toSorted()).toEqual(packages);
  });

  it('and what it imports, for a file that is not bundled', async () => {
    const text = "import a from './a.js'; export * from 'b'; const c = require('./c'); await import('d');";
    expect((await findReferences({ path: file, text, loader: 'js' })).imports.toSorted()).toEqual([
      './a.js',
      './c',
      'b',
      'd',
    ]);
  });
});
