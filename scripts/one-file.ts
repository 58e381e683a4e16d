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
  // Half the text to read at each start; names stay, for the stack of a defect.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'linked',
  logLevel: 'warning',
} as const satisfies BuildOptions;
