/**
 * Starts the command line (`cli/main.ts`) with what V8 has compiled of it before, as `task/launch.ts` does with a task. Node's own cache of
 * compiled code holds what was compiled while a file was loaded; a run would parse 1,700 functions again that it calls later.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { importModule } from '../errors/import-module.ts';
import { compileScript } from '../task/compiled-script.ts';

/** sha256 of the program, put in by the build. */
declare const programHash: string;

/** A cache for each command: none reads what another one needs. */
function command(): string {
  const [, , word = ''] = process.argv;
  const asksForHelp = process.argv.some((argument) => argument === '--help' || argument === '-h');
  return /^[a-z]+$/.test(word) && !asksForHelp ? word : 'help';
}

const program = path.join(import.meta.dirname, 'cli.cjs');

/** Runs the command line of this process. Compiled code is kept in `folder`, which must be the user's own; nowhere without it. */
export function launch(folder: string | undefined): void {
  const kind = command();
  const script = compileScript(
    {
      name: `cli-${programHash}`,
      source: readFileSync(program, 'utf8'),
      filename: program,
    },
    // Of what failed nothing is kept: it has not done what the next one will do, nor is there such a command perhaps.
    { folder, likely: kind, done: () => (process.exitCode === 0 ? kind : undefined) },
  );
  const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
  run(require, module, exports, program, import.meta.dirname, importModule);
}
