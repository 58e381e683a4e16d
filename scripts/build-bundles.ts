// Builds the programs that start often: the command line, cut so that a command loads little more than what it needs, and what runs
// in each task's process, one file each.
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build, type BuildOptions, type OutputFile } from 'esbuild';
import { buildRunner } from './runner-bundle.ts';
import { buildS3Driver } from './s3-driver-bundle.ts';
import { root } from './workspace.ts';

// What a bundle leaves to node_modules: esbuild starts a binary that it looks for beside itself; yaml is large and rarely needed.
const external = ['esbuild', 'yaml'];

// CommonJS dependencies inside an ES module ask for Node's own modules with `require`.
const requireForCommonJs =
  "import { createRequire as leatCreateRequire } from 'node:module';\nconst require = leatCreateRequire(import.meta.url);";

const cliBundle = {
  absWorkingDir: root,
  entryPoints: [{ in: 'packages/leat/src/cli/main.ts', out: 'cli' }],
  bundle: true,
  write: false,
  sourcemap: 'linked',
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
} as const satisfies BuildOptions;

/** Writes only what changed, and whole: a task that starts meanwhile sees the old file or the new one, never a half. */
function writeIfChanged(file: string, contents: Uint8Array): boolean {
  if (existsSync(file) && readFileSync(file).equals(contents)) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, file);
  return true;
}

async function buildCli(): Promise<readonly OutputFile[]> {
  const outdir = path.join(root, 'packages/leat/dist/bin');
  return (await build({ ...cliBundle, outdir })).outputFiles;
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

const outputs = await Promise.all([
  buildCli(),
  buildRunner(path.join(root, 'packages/leat/dist/task')),
  buildS3Driver(path.join(root, 'packages/aws/dist')),
]);
for (const { path: file, contents } of outputs.flat()) writeIfChanged(file, contents);
removeOrphans(new Set(outputs.flat().map((output) => output.path)));
