// Builds the programs that start often: the command line, and what runs in each task's process,
// one file each.
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildCli } from './cli-bundle.ts';
import { buildRunner } from './runner-bundle.ts';
import { buildS3Driver } from './s3-driver-bundle.ts';
import { root } from './workspace.ts';

/** Writes only what changed, and whole: a task that starts meanwhile sees the old file or the new one, never a half. */
function writeIfChanged(file: string, contents: Uint8Array): boolean {
  if (existsSync(file) && readFileSync(file).equals(contents)) return false;
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, file);
  return true;
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
  buildCli(path.join(root, 'packages/leat/dist/bin')),
  buildRunner(path.join(root, 'packages/leat/dist/task')),
  buildS3Driver(path.join(root, 'packages/aws/dist')),
]);
for (const { path: file, contents } of outputs.flat()) writeIfChanged(file, contents);
removeOrphans(new Set(outputs.flat().map((output) => output.path)));
