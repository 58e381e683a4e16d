import type { BuildOptions } from 'esbuild';
import { root } from './workspace.ts';

/** A program of one file, for processes that have no packages. */
export const oneFile = {
  absWorkingDir: root,
  bundle: true,
  write: false,
  // CommonJS: a module's loader is a millisecond more. It loads flows, which are modules, with `require`.
  format: 'cjs',
  platform: 'node',
  target: 'node24',
  // A third of the text to read at each start, and V8 takes in each name that its compiled code has: 2 ms of each task. The stack of a
  // defect is read with the source map.
  minify: true,
  legalComments: 'none',
  sourcemap: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions;
