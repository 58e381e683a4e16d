import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import type { ExternalPackage } from './code-package.ts';
import { bundleLeat, type BundleLeatOptions } from './bundle-leat.ts';
import { loaderOf } from './lower-source.ts';
import { identityModule, identityNamespace, withIdentity } from './module-identity.ts';
import { nativeReason, packageFolder, packageName } from './native-package.ts';
import { resolveByPaths } from './resolve-by-paths.ts';

/** What a build learns by the way. */
export interface BuildNotes {
  /** Text of each file of the user's, exactly as it was bundled, by full path. */
  readonly ownTexts: Map<string, string>;
  /** Full paths of the files of `leat` itself that were read. */
  readonly leatFiles: Set<string>;
  /** Folders of installed packages that were looked into. */
  readonly packageFolders: Set<string>;
  /** By full path. */
  readonly externals: Map<string, ExternalPackage>;
  readonly warnings: Set<string>;
  /** Full paths of the tsconfig files that said what a name stands for. */
  readonly tsconfigs: Set<string>;
}

/** Notes of a build that has not begun. */
export function emptyNotes(): BuildNotes {
  return {
    ownTexts: new Map(),
    leatFiles: new Set(),
    packageFolders: new Set(),
    externals: new Map(),
    warnings: new Set(),
    tsconfigs: new Set(),
  };
}

/** Whether a full path is a file of the user's: not of an installed package. */
export const isOwnFile = (path: string): boolean => !path.split(sep).includes('node_modules');

const script = /\.[cm]?[jt]sx?$/;

/**
 * Files keep their identity, `leat` is this very installation, and what cannot be bundled stays outside.
 *
 * @param leat What `leat` gives; see {@link bundleLeat}.
 */
export function bundlePlugin(notes: BuildNotes, leat: Omit<BundleLeatOptions, 'read'>): Plugin {
  return {
    name: 'leat',
    setup(build) {
      loadScripts(build, notes);
      bundleLeat(build, { ...leat, read: (file) => notes.leatFiles.add(file) });
      resolveNative(build, notes);
    },
  };
}

function loadScripts(build: PluginBuild, notes: BuildNotes): void {
  build.onLoad(
    { filter: script, namespace: 'file' },
    ({ path, with: attributes }): OnLoadResult | undefined => {
      if (attributes['type'] !== undefined) return undefined;
      const own = isOwnFile(path);
      const text = readFileSync(path, 'utf8');
      if (own) notes.ownTexts.set(path, text);
      const known = withIdentity(text, path);
      if (known === undefined && !own) return undefined;
      return { contents: known ?? text, loader: loaderOf(path, 'jsx'), resolveDir: dirname(path) };
    },
  );
  const identity = new RegExp(`^${identityNamespace}:`);
  build.onResolve({ filter: identity }, ({ path }) => {
    const file = path.slice(identityNamespace.length + 1);
    // The name of a module is printed into the bundle: relative, so that it is the same wherever the tree lies.
    const name = relative(build.initialOptions.absWorkingDir ?? '', file)
      .split(sep)
      .join('/');
    return { path: name, namespace: identityNamespace, sideEffects: false, pluginData: file };
  });
  build.onLoad({ filter: /./, namespace: identityNamespace }, ({ pluginData }) => ({
    contents: identityModule(pluginData as string),
    loader: 'js',
  }));
}

// Marks the question that this plugin itself asks.
const asked = Symbol('asked');

function resolveNative(build: PluginBuild, notes: BuildNotes): void {
  const reasons = new Map<string, string | undefined>();
  const reasonOf = (folder: string): string | undefined => {
    if (!reasons.has(folder)) reasons.set(folder, nativeReason(folder));
    return reasons.get(folder);
  };
  const outside = async (args: OnResolveArgs, name: string, reason: string): Promise<OnResolveResult> => {
    const { importer, kind, namespace, resolveDir } = args;
    const found = await build.resolve(args.path, {
      importer,
      kind,
      namespace,
      resolveDir,
      pluginData: asked,
    });
    if (found.errors.length > 0) return { errors: found.errors };
    notes.externals.set(found.path, { name, path: found.path, reason });
    return { path: kind.startsWith('require') ? found.path : pathToFileURL(found.path).href, external: true };
  };

  build.onResolve({ filter: /\.node$/ }, async (args) => {
    if (args.pluginData === asked) return undefined;
    return outside(args, packageName(args.path) ?? args.path, 'it is native code');
  });
  build.onResolve({ filter: /^[^./#]/, namespace: 'file' }, async (args) => {
    const name = packageName(args.path);
    if (args.pluginData === asked || isBuiltin(args.path)) return undefined;
    if (name === undefined) return args.path.startsWith('@/') ? aliasedFile(build, notes, args) : undefined;
    const folder = packageFolder(name, args.resolveDir);
    if (folder === undefined)
      return (await aliasedFile(build, notes, args)) ?? optionalPackage(build, notes, args);
    notes.packageFolders.add(folder);
    const reason = reasonOf(folder);
    return reason === undefined ? undefined : outside(args, name, reason);
  });
}

// Names of the user's own: `"paths": { "@/*": ["./src/*"] }`. A package that is installed under the name wins.
async function aliasedFile(
  build: PluginBuild,
  notes: BuildNotes,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  const found = isOwnFile(args.importer) ? await resolveByPaths(build, args) : undefined;
  if (found === undefined) return undefined;
  notes.tsconfigs.add(found.tsconfig);
  return { path: found.path };
}

// A dependency that asks for a package which is not installed fails only if it gets there, as under plain Node.
async function optionalPackage(
  build: PluginBuild,
  notes: BuildNotes,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  const { importer, kind, namespace, path, resolveDir } = args;
  if (isOwnFile(importer) || kind === 'import-statement') return undefined;
  const found = await build.resolve(path, { importer, kind, namespace, resolveDir, pluginData: asked });
  if (found.errors.length === 0) return undefined;
  notes.warnings.add(
    `'${path}' is not installed; '${relative(build.initialOptions.absWorkingDir ?? '', importer)}' may ask for it`,
  );
  return { path, external: true };
}
