import path from 'node:path';
import type { BuildOptions } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { root } from './workspace.ts';

const light = path.join(root, 'packages/leat/src/task/light-builtins.ts');

/** How the program that runs tasks is bundled. Every task of every run starts it: what is not needed at once is not loaded at once. */
export const runnerBundle: BuildOptions = {
  absWorkingDir: root,
  entryPoints: ['packages/leat/src/task/main.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  plugins: [
    lazyBuiltins({
      crypto: { file: light, names: ['hash', 'randomBytes'] },
      zlib: { file: light, names: ['crc32'] },
    }),
  ],
  logLevel: 'warning',
};
