/** What a cold `leat run` loads: each file and each module of Node costs every run. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Leat } from './leat.ts';
import { leatForAllTests } from './leat-for-tests.ts';

const flow = `
import { Flow, step } from 'leat';
export default class ColdFlow extends Flow {
  @step start() { this.next(this.end); }
  @step end() {}
}`;

// Tasks are started with it too, and write nothing.
const lister = `
if (/leat\\.js$/.test(process.argv[1] ?? '')) process.on('exit', () => {
  const files = Object.keys(require('node:module')._cache);
  process.getBuiltinModule('fs').writeFileSync(process.env.LISTED, JSON.stringify({ files, modules: process.moduleLoadList }));
});`;

/** Of what the program can load, a cold run of a small flow needs none of these; an import statement that touches a whole module loads half of them. */
const notNeeded = new Set(
  [
    'http',
    'https',
    'internal/crypto/webcrypto',
    'internal/process/report',
    'internal/util/diff',
    'internal/util/parse_args/parse_args',
    'readline',
    'v8',
    'zlib',
  ].map((name) => `NativeModule ${name}`),
);

interface Loaded {
  readonly files: readonly string[];
  readonly modules: readonly string[];
}

let leat: Leat;
let cache = '';

leatForAllTests((own) => {
  leat = own;
  cache = join(leat.folder, 'own-cache');
  Object.assign(leat.env, { XDG_CACHE_HOME: cache, NODE_COMPILE_CACHE: undefined });
  leat.write('cold.flow.ts', flow);
});

const kept = (): readonly string[] =>
  readdirSync(join(cache, 'leat/compile')).filter((name) => name.startsWith('cli-'));

describe('a cold start', () => {
  it('loads one script of ours, the bundler, and little of Node', async () => {
    const listed = join(leat.folder, 'listed.json');
    const options = { NODE_OPTIONS: `--require=${leat.write('lister.cjs', lister)}`, LISTED: listed };
    // What is compiled already must not be needed for that.
    for (const home of ['first', 'second']) {
      const { exitCode, stderr } = await leat.call(['run', 'cold.flow.ts', '--home', home], options);
      expect(stderr).toMatch(/^ColdFlow\/1 started\n✓ ColdFlow\/1 succeeded in [^\n]*\n$/);
      expect(exitCode).toBe(0);
      const { files, modules } = JSON.parse(readFileSync(listed, 'utf8')) as Loaded;
      expect(files.map((file) => file.replace(/^.*\/(?=[^/]+\/[^/]+\/)/, ''))).toEqual([
        expect.stringMatching(/\/lister\.cjs$/),
        'leat/bin/leat.js',
        'dist/bin/launch.cjs',
        'packages/leat/package.json',
        'esbuild/lib/main.js',
      ]);
      expect(modules.filter((name) => notNeeded.has(name))).toEqual([]);
    }
  });

  it('keeps what it has compiled, for each command apart, and nothing of a command that failed or does not exist', async () => {
    await leat.call(['run', 'cold.flow.ts', '--home', 'kept']);
    const [run] = kept();
    expect(run).toMatch(/^cli-[^-]+-run-/);
    const first = readFileSync(join(cache, 'leat/compile', run ?? ''));
    expect((await leat.call(['run', 'cold.flow.ts', '--home', 'again'])).exitCode).toBe(0);
    expect(readFileSync(join(cache, 'leat/compile', run ?? '')).equals(first)).toBe(true);
    expect((await leat.call(['show', 'Nothing/1'])).exitCode).not.toBe(0);
    expect((await leat.call(['shows'])).exitCode).not.toBe(0);
    expect(kept()).toEqual([run]);
    await leat.call(['run', 'cold.flow.ts', '--help']);
    expect(kept()).toEqual([expect.stringMatching(/^cli-[^-]+-help-/), run]);
  });

  it('runs all the same with compiled code that is torn', async () => {
    for (const name of kept()) writeFileSync(join(cache, 'leat/compile', name), 'not what V8 has made');
    expect((await leat.call(['run', 'cold.flow.ts', '--home', 'torn'])).exitCode).toBe(0);
  });
});
