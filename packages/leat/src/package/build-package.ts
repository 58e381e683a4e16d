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
import { type Bundle, bundleFlow, entryName } from './bundle-flow.ts';
import type { CodePackage } from './code-package.ts';
import { installation } from './installation.ts';
import { findPackage, storePackage, type UnstoredPackage } from './package-cache.ts';
import { ancestors } from './source-root.ts';
import { trackInputs } from './tracked-inputs.ts';

export interface BuildPackageOptions {
  /** The flow file; relative to the working directory. */
  readonly file: string;
  /** Where builds are remembered; created when missing. */
  readonly cacheDir: string;
  /** Names of the language that whoever loads the package provides (`flow/provide-language.ts`); bundled otherwise. */
  readonly language?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * Builds the code package of a flow file, or finds that nothing has changed since it was built last.
 *
 * The same tree gives the same bytes and so the same hash, wherever it lies; only files that ask for their own path
 * (`import.meta.url`, `__dirname`) and packages with native code bring a path of this machine in.
 *
 * @throws FLOW_LOAD when the file is not there or cannot be bundled; STORE_UNAVAILABLE when the cache cannot be written.
 */
export async function buildPackage({
  file,
  cacheDir,
  language,
  signal,
}: BuildPackageOptions): Promise<CodePackage> {
  const flowFile = flowPath(file);
  const known = findPackage(cacheDir, flowFile);
  if (known !== undefined) return known;
  const at = Date.now();
  const bundle = await bundleFlow({ file: flowFile, language, signal });
  return storePackage(
    cacheDir,
    flowFile,
    toPackage(bundle, flowFile),
    trackInputs(trackedFiles(bundle), trackedFolders(bundle), at),
  );
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

function toPackage(bundle: Bundle, flowFile: string): UnstoredPackage {
  const { externals, root, sources, warnings } = bundle;
  const files = bundle.files.map(({ name, bytes }) => ({
    name,
    bytes,
    size: bytes.length,
    hash: hash('sha256', bytes),
  }));
  const names = files.map((file) => [file.name, file.hash]);
  return {
    hash: hash('sha256', JSON.stringify([entryName, names])),
    entry: entryName,
    files,
    sources,
    externals,
    warnings,
    flowFile: relative(root, flowFile).split(sep).join('/'),
    root,
  };
}

// The manifests decide how files are resolved and read, without being an input of the bundle.
function trackedFiles(bundle: Bundle): readonly string[] {
  const { inputs, packageFolders, externals } = bundle;
  return [
    ...inputs,
    ...externals.map(({ path }) => path),
    ...packageFolders.map((folder) => join(folder, 'package.json')),
    ...ownFolders(bundle).map((folder) => join(folder, 'package.json')),
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
