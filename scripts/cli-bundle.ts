import { hash } from 'node:crypto';
import path from 'node:path';
import { build, type BuildOptions, type OutputFile, type Plugin } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { oneFile } from './one-file.ts';
import { lightSerializer } from './runner-bundle.ts';

/** What `cli/launch.ts` gives to the program besides what every CommonJS module has. */
const launcherImport: Plugin = {
  name: 'launcher-import',
  setup(bundler) {
    bundler.onLoad({ filter: /errors.import-module\.ts$/ }, () => ({
      contents: 'export const importModule = leatImport;',
      loader: 'ts',
    }));
  },
};

/**
 * The command line is one script: Node takes milliseconds for each few modules of its own format, and a cold run would ask for thirty. What a command
 * does not need lies in functions that are never called, and so never compiled.
 */
const program = {
  ...oneFile,
  entryPoints: ['packages/leat/src/cli/main.ts'],
  // What a bundle leaves to node_modules: esbuild starts a binary that it looks for beside itself; yaml is large and rarely needed.
  external: ['esbuild', 'yaml'],
  define: {
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
    'import.meta.url': 'leatUrl',
  },
  // What `cli/launch.ts` calls.
  banner: {
    js: "(function(require,module,exports,__filename,__dirname,leatImport){const leatUrl=require('node:url').pathToFileURL(__filename).href;",
  },
  footer: { js: '})' },
  // An import would touch all that a module of Node exports: those of `util`, `process` and `crypto` alone load 70 more modules so.
  plugins: [launcherImport, lazyBuiltins({ v8: lightSerializer }, ['module', 'os'])],
} as const satisfies BuildOptions;

/** Builds the command line: `launch.cjs`, which `bin/leat.js` calls, and `cli.cjs`, which it starts. Writes nothing. */
export async function buildCli(folder: string): Promise<readonly OutputFile[]> {
  const built = await build({ ...program, outfile: path.join(folder, 'cli.cjs') });
  const script = built.outputFiles.find((file) => file.path.endsWith('.cjs'));
  const launcher = await build({
    ...oneFile,
    entryPoints: ['packages/leat/src/cli/launch.ts'],
    outfile: path.join(folder, 'launch.cjs'),
    define: {
      'import.meta.dirname': '__dirname',
      programHash: JSON.stringify(hash('sha256', script?.contents ?? '')),
    },
  });
  return [...built.outputFiles, ...launcher.outputFiles];
}
