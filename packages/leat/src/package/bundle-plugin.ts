import { readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import type { OnLoadResult, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { bundleLeat, type BundleLeatOptions } from './bundle-leat.ts';
import { loaderOf } from './lower-source.ts';
import { identityModule, identityNamespace, nativeModule, withIdentity } from './module-identity.ts';
import { nativeReason, packageFolder, packageName } from './native-package.ts';
import { placeName } from './package-place.ts';
import { resolveByPaths } from './resolve-by-paths.ts';

/** An installed package that is imported and stays outside of the bundle. */
export interface OutsidePackage {
  readonly name: string;
  /** What the bundle imports it as: its name, unless another version has that. */
  readonly alias: string;
  readonly reason: string;
}

/** What a build learns by the way. */
export interface BuildNotes {
  /** Text of each file of the user's, exactly as it was bundled, by full path. */
  readonly ownTexts: Map<string, string>;
  /** Full paths of the files of `leat` itself that were read. */
  readonly leatFiles: Set<string>;
  /** Folders of installed packages that were looked into. */
  readonly packageFolders: Set<string>;
  /** What stays outside, by the real path of its folder. */
  readonly externals: Map<string, OutsidePackage>;
  /** Texts of the files that ask for their own places, by full path. */
  readonly asking: Map<string, string>;
  /** Full paths of files of native code that are imported by their paths. */
  readonly natives: Set<string>;
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
    asking: new Map(),
    natives: new Set(),
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
 * @param kept Packages that a build before this one has found not to work inside of a bundle.
 */
export function bundlePlugin(
  notes: BuildNotes,
  leat: Omit<BundleLeatOptions, 'read'>,
  kept: OutsideRequest,
): Plugin {
  return {
    name: 'leat',
    setup(build) {
      loadScripts(build, notes);
      bundleLeat(build, { ...leat, read: (file) => notes.leatFiles.add(file) });
      loadNative(build, notes);
      resolveOutside(build, notes, kept);
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
      if (known !== undefined) notes.asking.set(path, text);
      else if (!own) return undefined;
      return { contents: known ?? text, loader: loaderOf(path, 'jsx'), resolveDir: dirname(path) };
    },
  );
  const identity = new RegExp(`^${identityNamespace}:`);
  build.onResolve({ filter: identity }, ({ path }) => {
    const file = path.slice(identityNamespace.length + 1);
    return { path: nameInRoot(build, file), namespace: identityNamespace, sideEffects: false };
  });
  build.onResolve({ filter: /^\.\//, namespace: identityNamespace }, () => ({
    path: placeName,
    external: true,
    sideEffects: false,
  }));
  build.onLoad({ filter: /./, namespace: identityNamespace }, ({ path }) => ({
    contents: identityModule(path),
    loader: 'js',
  }));
}

/** Relative, since the name of a module is printed into the bundle: so that it is the same wherever the tree lies. */
const nameInRoot = (build: PluginBuild, file: string): string =>
  relative(build.initialOptions.absWorkingDir ?? '', file)
    .split(sep)
    .join('/');

// Marks the question that this plugin itself asks.
const asked = Symbol('asked');

const nativeNamespace = 'leat-native';

/** A file of native code that is imported by its path is loaded from its own place, as `process.dlopen` needs a file. */
function loadNative(build: PluginBuild, notes: BuildNotes): void {
  build.onResolve({ filter: /\.node$/ }, async (args) => {
    const { importer, kind, namespace, path, resolveDir } = args;
    if (args.pluginData === asked) return undefined;
    const found = await build.resolve(path, { importer, kind, namespace, resolveDir, pluginData: asked });
    if (found.errors.length > 0) return { errors: found.errors };
    notes.natives.add(found.path);
    return { path: nameInRoot(build, found.path), namespace: nativeNamespace, pluginData: found.path };
  });
  build.onLoad({ filter: /./, namespace: nativeNamespace }, ({ pluginData }) => ({
    contents: nativeModule(pluginData as string),
    loader: 'js',
    resolveDir: dirname(pluginData as string),
  }));
}

/** Why a package stays outside, by its real path: what {@link nativeReason} does not see from its manifest. */
export type OutsideRequest = ReadonlyMap<string, string>;

function resolveOutside(build: PluginBuild, notes: BuildNotes, known: OutsideRequest): void {
  const reasons = new Map<string, string | undefined>();
  const reasonOf = (folder: string): string | undefined => {
    if (!reasons.has(folder)) reasons.set(folder, nativeReason(folder));
    return reasons.get(folder) ?? (known.size > 0 ? known.get(realpathSync(folder)) : undefined);
  };
  build.onResolve({ filter: /^[^./#]/, namespace: 'file' }, async (args) => {
    const name = packageName(args.path);
    if (args.pluginData === asked || isBuiltin(args.path)) return undefined;
    if (name === undefined) return args.path.startsWith('@/') ? aliasedFile(build, notes, args) : undefined;
    const folder = packageFolder(name, args.resolveDir);
    if (folder === undefined)
      return (await aliasedFile(build, notes, args)) ?? optionalPackage(build, notes, args);
    notes.packageFolders.add(folder);
    const reason = reasonOf(folder);
    return reason === undefined
      ? undefined
      : outside({ build, notes, args }, { name, folder: realpathSync(folder), reason });
  });
}

interface Asking {
  readonly build: PluginBuild;
  readonly notes: BuildNotes;
  readonly args: OnResolveArgs;
}

/** The import stays, by a name that Node finds in the `node_modules` beside the bundle. */
async function outside(
  { build, notes, args: { importer, kind, namespace, path, resolveDir } }: Asking,
  { name, folder, reason }: { readonly name: string; readonly folder: string; readonly reason: string },
): Promise<OnResolveResult> {
  const found = await build.resolve(path, { importer, kind, namespace, resolveDir, pluginData: asked });
  if (found.errors.length > 0) return { errors: found.errors };
  const known = notes.externals.get(folder) ?? { name, alias: aliasOf(build, name, folder), reason };
  notes.externals.set(folder, known);
  return { path: known.alias + path.slice(name.length), external: true };
}

/** Two dependencies may need two versions of one package: its plain name is that of the one which the flow's own file finds. */
function aliasOf(build: PluginBuild, name: string, folder: string): string {
  const [flowFile] = Object.values(build.initialOptions.entryPoints ?? {}) as readonly string[];
  const plain = packageFolder(name, dirname(flowFile ?? ''));
  if (plain === undefined || realpathSync(plain) === folder) return name;
  return `${name}+${(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version}`;
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
