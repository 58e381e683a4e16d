// Builds the two programs that start often: the command line, cut so that a command loads little more than what it needs, and what runs
// in each task's process, one file.
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { runnerBundle } from './runner-bundle.ts';
import { root } from './workspace.ts';

interface Bundle {
  readonly entry: string;
  /** The file that is started; what it is cut into lies beside it. */
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
  splitting: true,
  // Half the text to read at each start; names stay, for the stack of a defect.
  minifyWhitespace: true,
  minifySyntax: true,
  external,
  banner: { js: requireForCommonJs },
  legalComments: 'none',
  logLevel: 'warning',
};

const bundles: readonly Bundle[] = [
  { entry: 'packages/leat/src/cli/main.ts', output: 'packages/leat/dist/bin/cli.js', options: cliBundle },
  {
    entry: 'packages/leat/src/task/main.ts',
    output: 'packages/leat/dist/task/runner.cjs',
    options: runnerBundle,
  },
];

/** Writes only what changed, and whole: a task that starts meanwhile sees the old file or the new one, never a half. */
function writeIfChanged(file: string, contents: Uint8Array): boolean {
  if (existsSync(file) && readFileSync(file).equals(contents)) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, file);
  return true;
}

/** Builds a program and returns all its files. */
async function bundle({ output, options }: Bundle): Promise<readonly string[]> {
  const { outputFiles } = await build({
    ...options,
    outdir: path.dirname(output),
    entryNames: path.parse(output).name,
    outExtension: { '.js': path.extname(output) },
    write: false,
    sourcemap: 'linked',
  });
  for (const { path: file, contents } of outputFiles) writeIfChanged(file, contents);
  return outputFiles.map((file) => file.path);
}

/** tsc leaves behind what it made of a source file that is gone; it must not be published. */
function removeOrphans(made: ReadonlySet<string>): void {
  for (const file of globSync('packages/*/dist/**/*.{js,d.ts,js.map}', { cwd: root })) {
    const module = file.replaceAll(path.sep, '/').replace(/(?:\.d\.ts|\.js|\.js\.map)$/, '');
    const sourceFile = `${module.replace('/dist/', '/src/')}.ts`;
    const full = path.join(root, file);
    if (!made.has(full) && !existsSync(path.join(root, sourceFile))) rmSync(full);
  }
}

const missing = bundles.filter(({ entry }) => !existsSync(path.join(root, entry)));
if (missing.length > 0) {
  console.error(
    `build: no ${missing.map(({ entry }) => entry).join(' and no ')}; these are the entries of dist's bundles`,
  );
  process.exit(1);
}
const made = await Promise.all(bundles.map(bundle));
removeOrphans(new Set(made.flat()));
