import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import type { BuildFailure, BuildOptions, BuildResult, OutputFile } from 'esbuild';
import { type BuildNotes, bundlePlugin, emptyNotes, isOwnFile } from './bundle-plugin.ts';
import { buildError } from './build-error.ts';
import { asksWholeFace, type BundleLeatOptions, type LeatFace } from './bundle-leat.ts';
import type { ExternalPackage, PackageSource } from './code-package.ts';
import { identityDefines } from './module-identity.ts';
import { sourceRoot } from './source-root.ts';

/** What a build gives, before it has a folder. */
export interface Bundle {
  readonly root: string;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly sources: readonly PackageSource[];
  readonly externals: readonly ExternalPackage[];
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
const isVirtual = (name: string): boolean => /^leat(?:-module)?:/.test(name);

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
    signal,
  } as const;
  const { result, notes } = await buildKeepingNames(request);
  return finish(request.root, result, notes);
}

interface BuildRequest {
  readonly file: string;
  readonly root: string;
  readonly keepNames: boolean;
  readonly face: LeatFace;
  readonly language: BundleLeatOptions['language'];
  readonly signal: AbortSignal | undefined;
}

interface Attempt {
  readonly result: Built;
  readonly notes: BuildNotes;
}

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
  // 15 ms that a run from the cache does not need.
  const esbuild = await import('esbuild');
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

function options({ file, root, keepNames, face, language }: BuildRequest, notes: BuildNotes) {
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
    metafile: true,
    plugins: [bundlePlugin(notes, { face, language })],
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
  const externals = [...notes.externals.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return {
    root,
    files: outputs(root, outputFiles, notes),
    sources: own.map((path) => ({
      path: relative(root, path).split(sep).join('/'),
      hash: hash('sha256', notes.ownTexts.get(path) ?? readFileSync(path)),
    })),
    externals,
    warnings: [
      ...externals.map(
        ({ name, path, reason }) =>
          `'${name}' stays outside of the code package, since ${reason}: tasks load it from ${path}`,
      ),
      ...notes.warnings,
      ...warnings.map(({ text, location }) =>
        location ? `${location.file}:${location.line}: ${text}` : text,
      ),
    ],
    inputs: [...inputs, ...notes.leatFiles, ...notes.tsconfigs],
    packageFolders: [...notes.packageFolders],
  };
}

// A file that is imported in two ways, `with { type: 'json' }` and without, is two inputs to esbuild.
const withoutAttributes = (name: string): string => name.replace(/ with \{ [^{}]* \}$/, '');

function outputs(root: string, outputFiles: readonly OutputFile[], notes: BuildNotes): Bundle['files'] {
  const files = outputFiles.map(({ path, contents }) => {
    const name = basename(path);
    return { name, bytes: name.endsWith('.map') ? withSources(root, contents, notes) : contents };
  });
  const asking = new Set(
    files.filter(({ name, bytes }) => name.endsWith('.js') && asksRequire(bytes)).map(({ name }) => name),
  );
  if (asking.size === 0) return sorted(files);
  const given = files.map((file) =>
    asking.has(file.name) ? { ...file, bytes: withRequire(file.bytes) } : file,
  );
  const source =
    "import { createRequire } from 'node:module';\nexport const require = createRequire(import.meta.url);\n";
  return sorted([...given, { name: requireName, bytes: Buffer.from(source) }]);
}

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

const shim = Buffer.from('var __require =');
const asksRequire = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(shim);

// CommonJS dependencies ask for Node's own modules with `require`, which a module has not. The import stands at the end,
// where it moves no line, and is done before anything of the file runs.
function withRequire(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('utf8');
  const line = `import { require } from "./${requireName}";\n`;
  const comment = text.lastIndexOf('//# sourceMappingURL=');
  return Buffer.from(comment < 0 ? text + line : text.slice(0, comment) + line + text.slice(comment));
}
