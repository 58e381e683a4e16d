/**
 * Starts the program of a task's process (`task/main.ts`) with what V8 has compiled of it before (`task/compiled-script.ts`). A file of its
 * own, since the program cannot load itself so.
 */
import { readFileSync } from 'node:fs';
import { sep } from 'node:path';
import { compileScript } from './compiled-script.ts';
import { likelyWork, toldWork } from './told-work.ts';

/** sha256 of the program, put in by the build. */
declare const programHash: string;

// Not `path.join`: to go through long paths sets V8's compilers to work.
const program = `${import.meta.dirname}${sep}program.cjs`;

const script = compileScript(
  {
    name: `task-${programHash}`,
    // It is a function already: to put its text into another is one more copy.
    source: readFileSync(program, 'utf8'),
    filename: program,
  },
  {
    folder: process.env['LEAT_COMPILE_CACHE'],
    likely: likelyWork().kind,
    done: () => toldWork()?.kind,
  },
);
const run = script.runInThisContext() as (...given: readonly unknown[]) => void;
run(require, module, exports, program, import.meta.dirname);
