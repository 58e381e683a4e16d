/** The same flow through several compilers must give the same graph. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeFlow } from '../flow/describe-flow.ts';
import type { FlowDescription } from '../flow/description.ts';
import { buildGraph } from './build-graph.ts';

const run = promisify(execFile);
const language = ['flow', 'step', 'step-decorators'].map(
  (name) => new URL(`../flow/${name}.ts`, import.meta.url),
);
const tsc = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));

const source = `
import { Flow, step, retry, type Inputs } from 'leat';

const log = (...values: unknown[]) => void values;

export default class ManyFlow extends Flow {
  declare items: string[];
  declare kind: 'big' | 'small';
  declare score: number;
  #secret = 1;

  @step async start() {
    this.items = ['a', 'b'];
    // this.next(this.nowhere);
    log("this.next(this.nowhere)", \`this.next(this.\${this.kind})\`);
    await Promise.all(this.items.map(async (item) => { if (item === 'z') { log(item); return; } log(item + this.#secret); }));
    if (this.items.length > 5) throw new Error('too many');
    this.next(this.work, { foreach: this.items });
  }
  @retry({ times: 2 }) @step async work(item: string) {
    for await (const part of [item]) this.score = part.length;
    try { log(item); } catch (error) { log(error); } finally { log('done'); }
    switch (item) { case 'a': this.score = 1; break; default: this.score = 2; }
    if (this.score > 1) { this.kind = 'big'; } else { this.kind = 'small'; }
    return this.next({ 'big': this['more'], small: this.join }, { by: this.kind });
  }
  @step more() {
    class Inner { next(_x: unknown) {} go() { this.next(1); } }
    new Inner().go();
    { this.next(this.join); }
  }
  @step join(inputs: Inputs<ManyFlow>) {
    using handle = { [Symbol.dispose]() { log('closed'); } };
    log(handle, inputs.length);
    this.next(this.left, this.right);
    return;
  }
  @step left() { this.next(this.both); }
  @step right() { void this.next(this.both); }
  @step both(_inputs: Inputs<ManyFlow>) { this.next(this.end); }
  @step end() { function helper() { return 1; } log(helper()); }
}
`;

const config = {
  target: 'es2022',
  module: 'esnext',
  moduleResolution: 'bundler',
  skipLibCheck: true,
  noCheck: true,
};
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'leat-compilers-'));
  await writeFile(path.join(folder, 'flow.ts'), source);
  // The language alone: what else the package holds would be bundled each time.
  const exported = language.map((url) => `export * from '${fileURLToPath(url)}';`).join('\n');
  await writeFile(path.join(folder, 'leat.ts'), exported);
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: config, files: ['flow.ts'] }),
  );
  await symlink(path.resolve(path.dirname(tsc), '..', '..'), path.join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const file = (name: string): string => path.join(folder, name);

/** Bundles a script with the language, so that it can be imported by itself. */
async function bundle(
  entry: string,
  name: string,
  options: { minify?: boolean; target?: string },
): Promise<string> {
  await build({
    entryPoints: [file(entry)],
    outfile: file(name),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: options.target ?? 'es2024',
    minifySyntax: options.minify ?? false,
    minifyWhitespace: options.minify ?? false,
    minifyIdentifiers: options.minify ?? false,
    keepNames: options.minify ?? false,
    tsconfigRaw: {},
    alias: { leat: file('leat.ts') },
    logLevel: 'silent',
  });
  return file(name);
}

async function describeFile(script: string): Promise<FlowDescription> {
  const { default: flow } = (await import(/* @vite-ignore */ pathToFileURL(script).href)) as {
    default: unknown;
  };
  return describeFlow(flow);
}

async function typescript(target: string): Promise<string> {
  await run(process.execPath, [tsc, '-p', folder, '--target', target, '--outDir', file(`tsc-${target}`)]);
  return bundle(`tsc-${target}/flow.js`, `from-tsc-${target}.js`, { target: 'esnext' });
}

const compilers: Record<string, () => Promise<string>> = {
  esbuild: () => bundle('flow.ts', 'esbuild.js', {}),
  'esbuild, minified': () => bundle('flow.ts', 'esbuild.min.js', { minify: true }),
  'esbuild for es2022, minified': () =>
    bundle('flow.ts', 'esbuild22.min.js', { minify: true, target: 'es2022' }),
  'tsc for es2022': () => typescript('es2022'),
  'tsc for es2017': () => typescript('es2017'),
};

test.each(Object.entries(compilers))('%s', { timeout: 60_000 }, async (_, compile) => {
  const { graph, problems } = buildGraph(await describeFile(await compile()));
  expect(problems).toEqual([]);
  expect(graph.steps.map(({ name, takes, next, splits }) => ({ name, takes, next, splits }))).toMatchObject([
    {
      name: 'start',
      takes: 'nothing',
      next: { kind: 'foreach', to: 'work', over: 'this.items', join: 'join' },
    },
    {
      name: 'work',
      takes: 'item',
      next: { kind: 'switch', cases: { big: 'more', small: 'join' }, by: 'this.kind' },
    },
    { name: 'more', takes: 'nothing', splits: ['start'] },
    {
      name: 'join',
      takes: 'inputs',
      next: { kind: 'branch', to: ['left', 'right'], join: 'both' },
      splits: [],
    },
    { name: 'left', splits: ['join'] },
    { name: 'right', splits: ['join'] },
    { name: 'both', takes: 'inputs' },
    { name: 'end', next: { kind: 'end' } },
  ]);
  const work = graph.steps.find(({ name }) => name === 'work');
  expect(work?.assigns.find(({ name }) => name === 'kind')).toEqual({ name: 'kind', always: true });
});

test('down-levelled async is refused by name', { timeout: 60_000 }, async () => {
  for (const script of [
    await typescript('es2016'),
    await bundle('flow.ts', 'es2016.js', { target: 'es2016' }),
  ]) {
    const { problems } = buildGraph(await describeFile(script));
    expect(problems.map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      'down-levelled start',
      'down-levelled work',
    ]);
    expect(await readFile(script, 'utf8')).not.toContain('async start');
  }
});
