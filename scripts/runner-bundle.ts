import path from 'node:path';
import type { BuildOptions } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { root } from './workspace.ts';

const light = (name: string): string => path.join(root, `packages/leat/src/task/light-${name}.ts`);

/** How the program that runs tasks is bundled. Every task of every run starts it: what is not needed at once is not loaded at once. */
export const runnerBundle: BuildOptions = {
  absWorkingDir: root,
  entryPoints: ['packages/leat/src/task/main.ts'],
  bundle: true,
  // CommonJS: a module's loader is a millisecond more. It loads flows, which are modules, with `require`.
  format: 'cjs',
  define: { 'import.meta.filename': '__filename', 'import.meta.url': '__filename' },
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  plugins: [
    lazyBuiltins({
      crypto: { file: light('builtins'), names: ['hash', 'randomBytes'] },
      zlib: { file: light('builtins'), names: ['crc32'] },
      v8: { file: light('serializer'), names: ['Serializer', 'Deserializer'] },
    }),
  ],
  logLevel: 'warning',
};
