/**
 * Flow file → code package: the flow and all that it imports as a folder of plain JavaScript, named by its content. It is
 * built from the working tree once, before the run exists; tasks never look at the tree again. This folder must not run a
 * step, and knows nothing of graphs, runs and layers.
 *
 * next: `graph/build-graph.ts`, on the class that `package/load-flow.ts` finds in the package
 */
import { hash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { LeatError } from '../errors/index.ts';
import { isOwnFile } from './bundle-plugin.ts';
import { type Bundle, entryName } from './bundle.ts';
import { bundleFlow } from './bundle-flow.ts';
import type { CodePackage } from './code-package.ts';
import { installation } from './installation.ts';
import { findConfig } from './find-config.ts';
import type { FoundConfig } from './found-config.ts';
import { findPackage, lastInputs, storePackage, type UnstoredPackage } from './package-cache.ts';
import type { Extras } from './portable/collect-extras.ts';
import { extrasName, packageHash } from './portable/portable-package.ts';
import { ancestors } from './source-root.ts';
import { hashesOf, type ReadInputs, type TrackedInputs, trackInputs } from './tracked-inputs.ts';

export interface BuildPackageOptions {
  /** The flow file; relative to the working directory. */
  readonly file: string;
  /** Where builds are remembered; created when missing. */
  readonly cacheDir: string;
  /** The project's settings do not count: it is they that are built. */
  readonly alone?: boolean;
  /** Names of the language that whoever loads the package provides (`flow/provide-language.ts`); bundled otherwise. */
  readonly language?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * Builds the code package of a flow file, or finds that nothing has changed since it was built last.
 *
 * The same tree gives the same bytes and so the same hash, wherever it lies. What cannot be bundled is listed with its hashes, and
 * stays where it is until a layer asks for it (`portable/`).
 *
 * @throws FLOW_LOAD when the file is not there or cannot be bundled; OPTION_INVALID for what leat.config.ts may not say;
 * STORE_UNAVAILABLE when the cache cannot be written.
 */
export async function buildPackage({
  file,
  cacheDir,
  alone = false,
  language,
  signal,
}: BuildPackageOptions): Promise<CodePackage> {
  const flowFile = flowPath(file);
  const known = findPackage(cacheDir, flowFile);
  if (known !== undefined) return known;
  const at = Date.now();
  const bundle = await bundleFlow({ file: flowFile, language, signal });
  const settings = alone ? undefined : await settingsFor(flowFile, cacheDir);
  const extras = await extrasOf(bundle, settings, lastInputs(cacheDir, flowFile));
  return storePackage(
    cacheDir,
    flowFile,
    toPackage(bundle, flowFile, extras),
    trackInputs(inputsOf(bundle, settings, extras), at),
  );
}

/** Most projects have none. */
async function settingsFor(flowFile: string, cacheDir: string): Promise<FoundConfig | undefined> {
  if (findConfig(flowFile) === undefined) return undefined;
  const { loadConfig } = await import('./load-config.ts');
  return loadConfig(flowFile, async (file) => buildPackage({ file, cacheDir, alone: true }));
}

/** Most flows need nothing but their bundle. */
async function extrasOf(
  bundle: Bundle,
  settings: FoundConfig | undefined,
  last: TrackedInputs | undefined,
): Promise<Extras | undefined> {
  const { externals, asking, natives, root } = bundle;
  const asks = externals.size > 0 || asking.size > 0 || natives.length > 0;
  if (!asks && (settings?.config.package.include.length ?? 0) === 0) return undefined;
  const { collectExtras } = await import('./portable/collect-extras.ts');
  const { defaultConfig } = await import('../config/parse-config.ts');
  return collectExtras({
    bundle,
    settings: settings ?? { config: defaultConfig, folder: root, files: [] },
    knownHash: hashesOf(last),
  });
}

function flowPath(file: string): string {
  const path = resolve(file);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new LeatError('FLOW_LOAD', `there is no file '${file}'`, {
      hint: `looked for '${path}'; name the file that holds the flow`,
    });
  }
  if (stats.isDirectory()) {
    throw new LeatError('FLOW_LOAD', `'${file}' is a folder`, {
      hint: `name the file that holds the flow, such as '${join(file, 'flow.ts')}'`,
    });
  }
  return realpathSync(path);
}

function toPackage(bundle: Bundle, flowFile: string, extras: Extras | undefined): UnstoredPackage {
  const { root, sources, warnings } = bundle;
  const files = [...bundle.files, ...extrasFile(extras)].map(({ name, bytes }) => ({
    name,
    bytes,
    size: bytes.length,
    hash: hash('sha256', bytes),
  }));
  return {
    hash: packageHash(entryName, files),
    entry: entryName,
    files,
    sources,
    externals: extras?.externals ?? [],
    warnings,
    flowFile: relative(root, flowFile).split(sep).join('/'),
    root,
  };
}

function extrasFile(extras: Extras | undefined): Bundle['files'] {
  if (
    extras === undefined ||
    Object.values(extras.list).every((files: readonly unknown[]) => files.length === 0)
  )
    return [];
  return [{ name: extrasName, bytes: Buffer.from(JSON.stringify(extras.list)) }];
}

function inputsOf(bundle: Bundle, settings: FoundConfig | undefined, extras: Extras | undefined): ReadInputs {
  const own = { files: trackedFiles(bundle), folders: trackedFolders(bundle) };
  const include = settings?.config.package.include ?? [];
  const globbed =
    settings === undefined || include.length === 0 ? [] : [{ folder: settings.folder, globs: include }];
  if (extras === undefined)
    return { ...own, files: [...own.files, ...(settings?.files ?? [])], lists: globbed };
  const manifests = extras.externals.map(({ folder }) => join(resolve(bundle.root, folder), 'package.json'));
  return {
    files: [...own.files, ...(settings?.files ?? []), ...manifests, ...extras.read.keys()],
    folders: own.folders,
    lists: [...extras.folders.map((folder) => ({ folder })), ...globbed],
    hashes: extras.read,
  };
}

// The manifests decide how files are resolved and read, without being an input of the bundle.
function trackedFiles(bundle: Bundle): readonly string[] {
  const { inputs, packageFolders } = bundle;
  return [
    ...inputs,
    ...[...packageFolders, ...ownFolders(bundle)].map((folder) => join(folder, 'package.json')),
    join(installation().folder, 'package.json'),
  ];
}

// A file beside the user's own may take the place of one that an import means, a new package that of one further up.
function trackedFolders(bundle: Bundle): readonly string[] {
  const own = ownFolders(bundle);
  const above = ancestors(bundle.root);
  return [...own, ...[...own, ...above].map((folder) => join(folder, 'node_modules'))];
}

/** The folders of the user's files and those between them and the root. */
function ownFolders({ inputs, root }: Bundle): readonly string[] {
  const all = new Set(inputs.filter(isOwnFile).map(dirname));
  const between = [...all]
    .flatMap(ancestors)
    .filter((folder) => folder === root || folder.startsWith(root + sep));
  return [...new Set([...all, ...between])];
}
