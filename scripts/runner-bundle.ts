import { hash } from 'node:crypto';
import path from 'node:path';
import { build, type BuildOptions, type OutputFile } from 'esbuild';
import { lazyBuiltins } from './lazy-builtins.ts';
import { oneFile } from './one-file.ts';
import { root } from './workspace.ts';

const light = (name: string): string => path.join(root, `packages/leat/src/task/light-${name}.ts`);

/** Serialises small plain values without loading `node:v8`. */
export const lightSerializer = { file: light('serializer'), names: ['Serializer', 'Deserializer'] } as const;

/** Every task of every run starts it: what is not needed at once is not loaded at once. */
const program = {
  ...oneFile,
  entryPoints: ['packages/leat/src/task/main.ts'],
  define: {
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
    'import.meta.url': '__filename',
  },
  plugins: [
    lazyBuiltins({
      crypto: { file: light('builtins'), names: ['hash', 'randomBytes'] },
      zlib: { file: light('builtins'), names: ['crc32'] },
      v8: lightSerializer,
    }),
  ],
} as const satisfies BuildOptions;

/** Builds what runs in each task's process: `runner.cjs`, which is started, and `program.cjs`, which it starts; `spawner.cjs`, which starts them; `agent.cjs`, which starts them far away; `janitor.cjs`, which removes containers; and `init.cjs`, the first process of some. Writes nothing. */
export async function buildRunner(folder: string): Promise<readonly OutputFile[]> {
  const built = await build({
    ...program,
    outfile: path.join(folder, 'program.cjs'),
    // What `task/launch.ts` calls.
    banner: { js: '(function(require,module,exports,__filename,__dirname){' },
    footer: { js: '})' },
  });
  const script = built.outputFiles.find((file) => file.path.endsWith('.cjs'));
  const launcher = await build({
    ...oneFile,
    entryPoints: ['packages/leat/src/task/launch.ts'],
    outfile: path.join(folder, 'runner.cjs'),
    define: {
      'import.meta.dirname': '__dirname',
      programHash: JSON.stringify(hash('sha256', script?.contents ?? '')),
    },
  });
  const spawner = await build({
    ...oneFile,
    entryPoints: ['packages/leat/src/compute/local/spawner/server.ts'],
    outfile: path.join(folder, 'spawner.cjs'),
  });
  const agent = await build({
    ...program,
    entryPoints: ['packages/leat/src/agent/main.ts'],
    outfile: path.join(folder, 'agent.cjs'),
    define: { ...program.define, 'import.meta.dirname': '__dirname' },
  });
  const janitor = await build({
    ...oneFile,
    entryPoints: ['packages/leat/src/compute/container/janitor-program.ts'],
    outfile: path.join(folder, 'janitor.cjs'),
  });
  const init = await build({
    ...oneFile,
    entryPoints: ['packages/leat/src/compute/container/init-program.ts'],
    outfile: path.join(folder, 'init.cjs'),
  });
  return [built, launcher, spawner, agent, janitor, init].flatMap(({ outputFiles }) => outputFiles);
}
