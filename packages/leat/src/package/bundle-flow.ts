/**
 * Flow file → bundle: what is built, and built again when the first try shows that it must be done otherwise. What a build
 * gives becomes a bundle in `bundle.ts`.
 */
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import type * as Esbuild from 'esbuild';
import type { BuildFailure, BuildOptions } from 'esbuild';
import { buildError } from './build-error.ts';
import { type Built, type Bundle, bundleOf, entryName, isUsed } from './bundle.ts';
import { asksWholeFace, type BundleLeatOptions, type LeatFace } from './bundle-leat.ts';
import {
  type BuildNotes,
  bundlePlugin,
  emptyNotes,
  isOwnFile,
  type OutsideRequest,
} from './bundle-plugin.ts';
import { identityDefines } from './module-identity.ts';
import { packageFolderOf } from './native-package.ts';
import { sourceRoot } from './source-root.ts';

/** What is bundled. */
export interface BundleFlowOptions {
  /** Full path of the flow file. */
  readonly file: string;
  /** Names that the process which loads the bundle provides for `import … from 'leat'`; all of it is bundled otherwise. */
  readonly language?: BundleLeatOptions['language'];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bundles a flow file and all that it imports. `await import()` stays lazy: such a module is a file of its own.
 *
 * @throws FLOW_LOAD with the place, a frame and what to do.
 */
export async function bundleFlow({ file, language, signal }: BundleFlowOptions): Promise<Bundle> {
  const request = {
    file,
    language,
    root: sourceRoot(dirname(file)),
    keepNames: false,
    face: 'language',
    outside: new Map(),
    signal,
  } as const;
  const { result, notes } = await buildWhatCanBeBundled(request);
  const warnings = result.warnings.filter(({ id }) => id !== byName);
  return bundleOf(request.root, { ...result, warnings }, notes);
}

interface BuildRequest {
  readonly file: string;
  readonly root: string;
  readonly keepNames: boolean;
  readonly face: LeatFace;
  readonly outside: OutsideRequest;
  readonly language: BundleLeatOptions['language'];
  readonly signal: AbortSignal | undefined;
}

interface Draft {
  readonly result: Built;
  readonly notes: BuildNotes;
}

/** A package that loads what it is told by name at run time finds nothing from inside of a bundle: it stays outside, and all is built again. */
async function buildWhatCanBeBundled(request: BuildRequest): Promise<Draft> {
  const draft = await buildKeepingNames(request);
  const outside = asksByName(request, draft.result);
  if (outside.size === 0) return draft;
  return buildWhatCanBeBundled({ ...request, outside: new Map([...request.outside, ...outside]) });
}

function asksByName({ root, outside }: BuildRequest, { warnings, metafile }: Built): OutsideRequest {
  const named = warnings.filter(({ id }) => id === byName).map(({ location }) => location?.file ?? '');
  // Of `require('./' + name)` esbuild takes in all that it could mean, but finds it by its full name only, with its ending.
  const globbed = Object.entries(metafile.inputs).filter(([, { imports }]) => imports.some(isGlob));
  const used = [...named, ...globbed.map(([file]) => file)]
    .filter((file) => isUsed(metafile, file))
    .map((file) => resolve(root, file));
  const folders = used.flatMap((file) => (isOwnFile(file) ? [] : (packageFolderOf(file) ?? [])));
  const fresh = folders.filter((folder) => !outside.has(folder));
  return new Map(
    fresh.map((folder) => [folder, 'it loads modules by names that are known at run time only']),
  );
}

const isGlob = ({ path, external }: { readonly path: string; readonly external?: boolean }): boolean =>
  external === true && /^\.{1,2}\/.*\*/.test(path);

// To keep every name costs a call for each function at start, and all but few flows keep theirs without.
async function buildKeepingNames(request: BuildRequest): Promise<Draft> {
  const first = await buildFace(request);
  return isRenamed(first) ? buildFace({ ...request, keepNames: true }) : first;
}

async function buildFace(request: BuildRequest): Promise<Draft> {
  try {
    const built = await build(request);
    if (request.face === 'whole' || !asksWholeFace(built.result.warnings)) return built;
  } catch (error) {
    request.signal?.throwIfAborted();
    const messages = (error as Partial<BuildFailure>).errors ?? [];
    if (request.face === 'whole' || !asksWholeFace(messages)) throw buildError(error, request);
  }
  return buildFace({ ...request, face: 'whole' });
}

async function build(request: BuildRequest): Promise<Draft> {
  const { signal } = request;
  signal?.throwIfAborted();
  // Not before it is needed: a run from the cache does without. Required, since `import()` reads a CommonJS module twice, once for its names.
  const esbuild = createRequire(import.meta.url)('esbuild') as typeof Esbuild;
  const notes = emptyNotes();
  const context = await esbuild.context(options(request, notes));
  const cancel = (): void => void context.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return { result: await context.rebuild(), notes };
  } finally {
    signal?.removeEventListener('abort', cancel);
    await context.dispose();
  }
}

/** What esbuild calls `require(name)`; it says so only when it is asked. */
const byName = 'unsupported-require-call';

function options({ file, root, keepNames, face, language, outside }: BuildRequest, notes: BuildNotes) {
  return {
    absWorkingDir: root,
    entryPoints: { [basename(entryName, '.js')]: file },
    outdir: root,
    chunkNames: '[name]-[hash]',
    // Nothing is written: the folder is only what the paths in the source maps are relative to.
    write: false,
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // As Node resolves; without a list esbuild would prefer files that are meant for bundlers.
    conditions: ['module-sync', 'node-addons'],
    define: { ...identityDefines },
    keepNames,
    legalComments: 'none',
    loader: {
      '.csv': 'text',
      '.md': 'text',
      '.sql': 'text',
      '.tsv': 'text',
      '.bin': 'binary',
      '.wasm': 'binary',
    },
    logLevel: 'silent',
    logOverride: { [byName]: 'warning' },
    metafile: true,
    plugins: [bundlePlugin(notes, { face, language }, outside)],
    sourcemap: 'linked',
    sourcesContent: false,
    // Nothing of the user's tsconfig but its `paths`, see the plugin: `experimentalDecorators` would give decorators another meaning.
    tsconfigRaw: {},
  } as const satisfies BuildOptions;
}

// Two top-level names that are equal make esbuild rename one, and a class with static members that names itself becomes
// `var TrainFlow = class _TrainFlow`, or with decorators `var TrainFlow = _TrainFlow`. The flow's class must keep its name, which names its runs.
function isRenamed({ result, notes }: Draft): boolean {
  const entry = result.outputFiles.find(({ path }) => basename(path) === entryName);
  const local = /([\w$]+) as default[\s,}]/.exec(entry?.text.slice(-2000) ?? '')?.[1];
  if (local === undefined) return false;
  const name = local.replaceAll('$', '\\$');
  if (new RegExp(`\\b${name} = (?:class )?_${name}\\d*\\b`).test(entry?.text ?? '')) return true;
  const written = new RegExp(`\\b(?:class|const|let|var|function)\\s+${name}\\b`);
  return ![...notes.ownTexts.values()].some((text) => written.test(text));
}
