/** Which files and installed packages the code of a flow asks for at run time, followed through the scripts that it names. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { isOwnFile } from '../bundle-plugin.ts';
import type { Bundle } from '../bundle.ts';
import { loaderOf } from '../lower-source.ts';
import { packageFolder, packageFolderOf, packageName } from '../native-package.ts';
import { copyName } from '../package-place.ts';
import { findReferences, type References } from './find-references.ts';
import type { PlacedPackage } from './installed-closure.ts';
import { isFile, isFolder } from './list-files.ts';
import type { Place } from './place-value.ts';

/** What was found. Full paths. */
export interface Gathered {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  readonly packages: readonly PlacedPackage[];
}

const script = /\.[cm]?[jt]sx?$/;
const library = /\.(?:so(?:\.[\d.]+)?|dylib|dll)$/;

/** Files that hold secrets by custom: only `include` takes them along. */
export const isSecret = (path: string): boolean => /^\.env(?:\.|$)/.test(basename(path));

/** Looks at the files of a bundle that ask for their own places. */
export async function gather(bundle: Bundle): Promise<Gathered> {
  const gathering = new Gathering(bundle.root);
  for (const [folder, { name, alias, reason }] of bundle.externals)
    gathering.want({ name, folder, reason, place: `node_modules/${alias}` });
  for (const native of bundle.natives) gathering.addNative(native);
  for (const [path, text] of bundle.asking) await gathering.read(path, text, true);
  return gathering.finish();
}

class Gathering {
  readonly #root: string;
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #packages = new Map<string, PlacedPackage>();
  /** Scripts that are copied as they are, and may ask for more. */
  readonly #open: string[] = [];

  constructor(root: string) {
    this.#root = root;
  }

  want(wanted: PlacedPackage): void {
    if (!this.#packages.has(wanted.place)) this.#packages.set(wanted.place, wanted);
  }

  /** With the libraries beside it, which it may be linked to. */
  addNative(path: string): void {
    this.#files.add(path);
    for (const name of readdirSync(dirname(path)))
      if (library.test(name)) this.#files.add(join(dirname(path), name));
  }

  async finish(): Promise<Gathered> {
    for (let path = this.#open.pop(); path !== undefined; path = this.#open.pop())
      await this.read(path, readFileSync(path, 'utf8'), false);
    return { files: this.#files, folders: this.#folders, packages: [...this.#packages.values()] };
  }

  /** `bundled`: what it imports is in the bundle. */
  async read(path: string, text: string, bundled: boolean): Promise<void> {
    const references = await findReferences({ path, text, loader: loaderOf(path, 'jsx') });
    for (const place of references.places) this.#addPlace(place, path);
    for (const name of references.packages) this.#wantFrom(name, path);
    if (!bundled) this.#addImports(references, path);
  }

  #addImports({ imports }: References, from: string): void {
    for (const name of imports) {
      if (name.startsWith('.')) this.#addFile(importedFile(resolve(dirname(from), name)));
      else if (!name.startsWith('node:')) this.#wantFrom(name, from);
    }
  }

  #wantFrom(specifier: string, from: string): void {
    const name = packageName(specifier);
    const folder = name === undefined ? undefined : packageFolder(name, dirname(from));
    if (name === undefined || folder === undefined || name === 'leat') return;
    const reason = `'${this.#inRoot(from)}' loads it by its name at run time`;
    this.want({ name, folder: realpathSync(folder), reason, place: `node_modules/${name}` });
  }

  #addPlace({ path, exact, own }: Place, from: string): void {
    // Something beside it, and only the run tells what: of an installed package all can come along, of a project not.
    if (own) {
      if (!isOwnFile(from)) this.#addPackageOf(from);
    } else if (isFolder(path)) this.#addFolder(path, from);
    else if (exact) this.#addFile(isFile(path) ? path : undefined);
    else this.#addBeginning(path);
  }

  /** `./prompt-` of `./prompt-${name}.txt`. */
  #addBeginning(path: string): void {
    const folder = dirname(path);
    if (!isFolder(folder)) return;
    const start = basename(path);
    for (const name of readdirSync(folder)) {
      const file = join(folder, name);
      if (name.startsWith(start) && isFile(file)) this.#addFile(file);
    }
  }

  #addFile(path: string | undefined): void {
    if (path === undefined || this.#files.has(path) || isSecret(path)) return;
    if (isOwnFile(path)) {
      this.#files.add(path);
      if (script.test(path)) this.#open.push(path);
      if (extname(path) === '.node') this.addNative(path);
    } else if (script.test(path)) this.#addPackageOf(path);
    else this.#files.add(path);
  }

  /** The folder that the asking file is in, or one above it, is the project itself. */
  #addFolder(path: string, from: string): void {
    const isAbove = (from + sep).startsWith(path.endsWith(sep) ? path : path + sep);
    if (!isAbove) this.#folders.add(path);
    else if (!isOwnFile(from)) this.#addPackageOf(from);
  }

  /** A whole installed package, at the place that its files take for theirs. */
  #addPackageOf(path: string): void {
    const folder = packageFolderOf(path);
    if (folder === undefined) return;
    const place = copyName(this.#inRoot(folder));
    const name = packageName(folder.split(`node_modules${sep}`).at(-1) ?? '') ?? folder;
    this.want({ name, folder, place, reason: 'it reads files of its own' });
  }

  #inRoot(path: string): string {
    return relative(this.#root, path).split(sep).join('/');
  }
}

/** The file that an import means; CommonJS may leave the ending away. */
const importedFile = (path: string): string | undefined =>
  [path, `${path}.js`, `${path}.json`, `${path}.node`, join(path, 'index.js')].find(isFile);
