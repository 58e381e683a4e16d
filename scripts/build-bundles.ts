// Builds the two files that start often: the command line and what runs in each task's process. One file each, so that Node opens one file
// and not a hundred.
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { runnerBundle } from './runner-bundle.ts';
import { root } from './workspace.ts';

interface Bundle {
  readonly entry: string;
  readonly output: string;
  readonly options: BuildOptions;
}

// What a bundle leaves to node_modules: esbuild starts a binary that it looks for beside itself; yaml is large and rarely needed.
const external = ['esbuild', 'yaml'];

// CommonJS dependencies inside an ES module ask for Node's own modules with `require`.
const requireForCommonJs =
  "import { createRequire as leatCreateRequire } from 'node:module';\nconst require = leatCreateRequire(import.meta.url);";

const cliBundle: BuildOptions = {
  absWorkingDir: root,
  entryPoints: ['packages/leat/src/cli/main.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  external,
  banner: { js: requireForCommonJs },
  legalComments: 'none',
  logLevel: 'warning',
};

const bundles: readonly Bundle[] = [
  { entry: 'packages/leat/src/cli/main.ts', output: 'packages/leat/dist/bin/cli.js', options: cliBundle },
  {
    entry: 'packages/leat/src/task/main.ts',
    output: 'packages/leat/dist/task/runner.js',
    options: runnerBundle,
  },
];

/** Writes only what changed, so that a running task never sees its file replaced by an equal one. */
function writeIfChanged(file: string, contents: Uint8Array): boolean {
  if (existsSync(file) && readFileSync(file).equals(contents)) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, contents);
  return true;
}

async function bundle({ output, options }: Bundle): Promise<readonly string[]> {
  const result = await build({ ...options, outfile: output, write: false, sourcemap: 'linked' });
  return result.outputFiles
    .filter((file) => writeIfChanged(file.path, file.contents))
    .map((file) => file.path);
}

/** tsc leaves behind what it made of a source file that is gone; it must not be published. */
function removeOrphans(): void {
  const made = new Set(bundles.map(({ output }) => output.replace(/\.js$/, '')));
  for (const file of globSync('packages/*/dist/**/*.{js,d.ts,js.map}', { cwd: root })) {
    const module = file.replaceAll(path.sep, '/').replace(/(?:\.d\.ts|\.js|\.js\.map)$/, '');
    const sourceFile = `${module.replace('/dist/', '/src/')}.ts`;
    if (!made.has(module) && !existsSync(path.join(root, sourceFile))) rmSync(path.join(root, file));
  }
}

const missing = bundles.filter(({ entry }) => !existsSync(path.join(root, entry)));
if (missing.length > 0) {
  console.error(
    `build: no ${missing.map(({ entry }) => entry).join(' and no ')}; these are the entries of dist's bundles`,
  );
  process.exit(1);
}
await Promise.all(bundles.map(bundle));
removeOrphans();
