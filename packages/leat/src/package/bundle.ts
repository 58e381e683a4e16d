/**
 * What a build gives → the files of a bundle: source maps with the user's own sources, `require` for what needs it, the entry
 * marked when it is a script.
 */
import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, relative, resolve, sep } from 'node:path';
import vm from 'node:vm';
import type { BuildResult, OutputFile } from 'esbuild';
import { type BuildNotes, isOwnFile, type OutsidePackage } from './bundle-plugin.ts';
import type { PackageSource } from './code-package.ts';
import { markScript } from './flow-script.ts';
import { placeFile, placeSource } from './package-place.ts';

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

/** Name of the bundle's entry. */
export const entryName = 'flow.js';

const requireName = 'leat-require.js';

/** Whether a name that esbuild gives is no file: of `leat` itself, or an identity. */
const isVirtual = (name: string): boolean => /^leat(?:-module|-native)?:/.test(name);

/** What esbuild gives. */
export type Built = BuildResult<{ write: false; metafile: true }>;

/** What a build has given, with all that the bundler and its plugin noted. */
export function bundleOf(
  root: string,
  { outputFiles, metafile, warnings }: Built,
  notes: BuildNotes,
): Bundle {
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
      ...warnings.map(({ text, location }) =>
        location ? `${location.file}:${location.line}: ${text}` : text,
      ),
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

/** Whether anything of a file is in the bundle. */
export const isUsed = (metafile: Built['metafile'], file: string): boolean =>
  Object.values(metafile.outputs).some(({ inputs }) => (inputs[file]?.bytesInOutput ?? 0) > 0);
