import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import vm from 'node:vm';
import type * as Esbuild from 'esbuild';
import type { BuildFailure, BuildOptions, BuildResult, OutputFile } from 'esbuild';
import {
  type BuildNotes,
  bundlePlugin,
  emptyNotes,
  isOwnFile,
  type OutsidePackage,
  type OutsideRequest,
} from './bundle-plugin.ts';
import { buildError } from './build-error.ts';
import { asksWholeFace, type BundleLeatOptions, type LeatFace } from './bundle-leat.ts';
import type { PackageSource } from './code-package.ts';
import { markScript } from './flow-script.ts';
import { identityDefines } from './module-identity.ts';
import { packageFolderOf } from './native-package.ts';
import { placeFile, placeSource } from './package-place.ts';
import { sourceRoot } from './source-root.ts';

/** What a build gives, before it has a folder. */
export interface Bundle {
  readonly root: string;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly sources: readonly PackageSource[];
  /** Installed packages that stay outside, by the real path of their folder. */
  readonly externals: ReadonlyMap<string, OutsidePackage>;
  /** Texts of the bundled files that ask for their own places, by full path: they may ask for files beside them. */
  readonly asking: ReadonlyMap<string, string>;
  /** Full paths of files of native code that the flow imports. */
  readonly natives: readonly string[];
  readonly warnings: readonly string[];
  /** Full paths of every file that was read. */
  readonly inputs: readonly string[];
  /** Folders of the installed packages that were looked into. */
  readonly packageFolders: readonly string[];
}

/** What is bundled. */
export interface BundleFlowOptions {
  /** Full path of the flow file. */
  readonly file: string;
  /** Names that the process which loads the bundle provides for `import … from 'leat'`; all of it is bundled otherwise. */
  readonly language?: BundleLeatOptions['language'];
  readonly signal?: AbortSignal | undefined;
}

/** Name of the bundle's entry. */
export const entryName = 'flow.js';

const requireName = 'leat-require.js';

/** Whether a name that esbuild gives is no file: of `leat` itself, or an identity. */
const isVirtual = (name: string): boolean => /^leat(?:-module|-native)?:/.test(name);

type Built = BuildResult<{ write: false; metafile: true }>;

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
  return finish(request.root, result, notes);
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

interface Attempt {
  readonly result: Built;
  readonly notes: BuildNotes;
}

/** A package that loads what it is told by name at run time finds nothing from inside of a bundle: it stays outside, and all is built again. */
async function buildWhatCanBeBundled(request: BuildRequest): Promise<Attempt> {
  const attempt = await buildKeepingNames(request);
  const outside = asksByName(request, attempt.result);
  if (outside.size === 0) return attempt;
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

/** Whether anything of a file is in the bundle. */
const isUsed = (metafile: Built['metafile'], file: string): boolean =>
  Object.values(metafile.outputs).some(({ inputs }) => (inputs[file]?.bytesInOutput ?? 0) > 0);

// To keep every name costs a call for each function at start, and all but few flows keep theirs without.
async function buildKeepingNames(request: BuildRequest): Promise<Attempt> {
  const first = await buildFace(request);
  return isRenamed(first) ? buildFace({ ...request, keepNames: true }) : first;
}

async function buildFace(request: BuildRequest): Promise<Attempt> {
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

async function build(request: BuildRequest): Promise<Attempt> {
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
function isRenamed({ result, notes }: Attempt): boolean {
  const entry = result.outputFiles.find(({ path }) => basename(path) === entryName);
  const local = /([\w$]+) as default[\s,}]/.exec(entry?.text.slice(-2000) ?? '')?.[1];
  if (local === undefined) return false;
  const name = local.replaceAll('$', '\\$');
  if (new RegExp(`\\b${name} = (?:class )?_${name}\\d*\\b`).test(entry?.text ?? '')) return true;
  const written = new RegExp(`\\b(?:class|const|let|var|function)\\s+${name}\\b`);
  return ![...notes.ownTexts.values()].some((text) => written.test(text));
}

function finish(root: string, { outputFiles, metafile, warnings }: Built, notes: BuildNotes): Bundle {
  const names = Object.keys(metafile.inputs).filter((name) => !isVirtual(name));
  const inputs = [...new Set(names.map((name) => resolve(root, withoutAttributes(name))))];
  const own = inputs.filter(isOwnFile).toSorted();
  return {
    root,
    files: marked(outputs(root, outputFiles, notes), metafile),
    sources: own.map((path) => ({
      path: inRoot(root, path),
      hash: hash('sha256', notes.ownTexts.get(path) ?? readFileSync(path)),
    })),
    externals: notes.externals,
    asking: new Map([...notes.asking].filter(([path]) => isUsed(metafile, inRoot(root, path)))),
    natives: [...notes.natives].toSorted(),
    warnings: [
      ...notes.warnings,
      ...warnings
        .filter(({ id }) => id !== byName)
        .map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text)),
    ],
    inputs: [...inputs, ...notes.leatFiles, ...notes.tsconfigs],
    packageFolders: [...notes.packageFolders],
  };
}

/** As esbuild and the package name files: relative to the root, with `/`. */
const inRoot = (root: string, path: string): string => relative(root, path).split(sep).join('/');

// A file that is imported in two ways, `with { type: 'json' }` and without, is two inputs to esbuild.
const withoutAttributes = (name: string): string => name.replace(/ with \{ [^{}]* \}$/, '');

function outputs(root: string, outputFiles: readonly OutputFile[], notes: BuildNotes): Bundle['files'] {
  const files = outputFiles.map(({ path, contents }) => {
    const name = basename(path);
    return { name, bytes: name.endsWith('.map') ? withSources(root, contents, notes) : contents };
  });
  const given = files.map((file) => (asks(file, shim) ? { ...file, bytes: withRequire(file.bytes) } : file));
  return sorted([
    ...given,
    ...(files.some((file) => asks(file, shim))
      ? [{ name: requireName, bytes: Buffer.from(requireSource) }]
      : []),
    ...(files.some((file) => asks(file, place))
      ? [{ name: placeFile, bytes: Buffer.from(placeSource) }]
      : []),
  ]);
}

const requireSource =
  "import { createRequire } from 'node:module';\nexport const require = createRequire(import.meta.url);\n";

const sorted = <T extends { readonly name: string }>(files: readonly T[]): readonly T[] =>
  files.toSorted((a, b) => (a.name < b.name ? -1 : 1));

// The maps carry the user's own sources only: those of dependencies triple the size of a package and are public anyway.
function withSources(root: string, bytes: Uint8Array, notes: BuildNotes): Uint8Array {
  const map = JSON.parse(Buffer.from(bytes).toString('utf8')) as { readonly sources: readonly string[] };
  // esbuild writes files as parts of URLs; all who read these maps read paths: `flöw 1.ts`, not `fl%C3%B6w%201.ts`.
  const sources = map.sources.map((source) => (isVirtual(source) ? source : decodeURIComponent(source)));
  const texts = sources.map((source) => ownText(root, source, notes));
  return texts.some((text) => text !== null)
    ? Buffer.from(JSON.stringify({ ...map, sources, sourcesContent: texts }))
    : bytes;
}

function ownText(root: string, source: string, { ownTexts }: BuildNotes): string | null {
  const path = resolve(root, withoutAttributes(source));
  if (isVirtual(source) || !isOwnFile(path)) return null;
  return ownTexts.get(path) ?? readFileSync(path, 'utf8');
}

/** The files with the entry marked when it is a script, too: alone, without imports, and nothing in it that modules alone can do. */
function marked(files: Bundle['files'], metafile: Built['metafile']): Bundle['files'] {
  const imports = Object.values(metafile.outputs).some((output) => output.imports.length > 0);
  if (imports || files.some(({ name }) => name.endsWith('.js') && name !== entryName)) return files;
  return files.map((file) => {
    const script =
      file.name === entryName ? markScript(Buffer.from(file.bytes).toString(), parses) : undefined;
    return script === undefined ? file : { name: file.name, bytes: Buffer.from(script) };
  });
}

function parses(script: string): boolean {
  try {
    return new vm.Script(script) instanceof vm.Script;
  } catch {
    return false;
  }
}

const shim = Buffer.from('var __require =');
const place = Buffer.from(`"./${placeFile}"`);

const asks = ({ name, bytes }: Bundle['files'][number], what: Buffer): boolean =>
  name.endsWith('.js') && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(what);

// CommonJS dependencies ask for Node's own modules with `require`, which a module has not. The import stands at the end,
// where it moves no line, and is done before anything of the file runs.
function withRequire(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('utf8');
  const line = `import { require } from "./${requireName}";\n`;
  const comment = text.lastIndexOf('//# sourceMappingURL=');
  return Buffer.from(comment < 0 ? text + line : text.slice(0, comment) + line + text.slice(comment));
}
