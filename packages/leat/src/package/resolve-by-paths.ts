import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { OnResolveArgs, PluginBuild, ResolveResult } from 'esbuild';
import { ancestors } from './source-root.ts';

/** A file that a name stands for, and the settings that say so. */
export interface ResolvedByPaths {
  readonly path: string;
  /** Full path of the tsconfig.json nearest to the importing file. */
  readonly tsconfig: string;
}

/**
 * What `paths` or `baseUrl` of the user's tsconfig.json make of a name that no installed package has, such as `@/lib/rows`.
 *
 * @returns `undefined` when they say nothing of it, or there is no tsconfig.json
 */
export async function resolveByPaths(
  { esbuild }: PluginBuild,
  { path, resolveDir, kind }: Pick<OnResolveArgs, 'path' | 'resolveDir' | 'kind'>,
): Promise<ResolvedByPaths | undefined> {
  const tsconfig = ancestors(resolveDir)
    .map((folder) => join(folder, 'tsconfig.json'))
    .find((file) => existsSync(file));
  if (tsconfig === undefined) return undefined;
  let found: ResolveResult | undefined;
  // A build of nothing, to ask esbuild: the flow's own build must not read the tsconfig, since `experimentalDecorators` would give
  // decorators another meaning.
  await esbuild.build({
    stdin: { contents: '', resolveDir },
    bundle: true,
    write: false,
    platform: 'node',
    logLevel: 'silent',
    plugins: [
      {
        name: 'leat-paths',
        setup(asking) {
          asking.onStart(async () => {
            found = await asking.resolve(path, { resolveDir, kind });
          });
        },
      },
    ],
  });
  const isFile = found !== undefined && found.errors.length === 0 && found.namespace === 'file';
  return isFile && found?.external === false ? { path: found.path, tsconfig } : undefined;
}
