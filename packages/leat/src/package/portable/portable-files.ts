/** Decides which files of a package a platform gets, and whether it can run there at all. */
import { hash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { LeatError } from '../../errors/index.ts';
import { type CodePackage, type ExternalPackage, factsName, packageFacts } from '../code-package.ts';
import { installation } from '../installation.ts';
import { type NativeFacts, nativeName, readNativeFacts } from '../native/elf.ts';
import { fitsPlatform, type Platform, platformOf } from '../native/platform.ts';
import { filesFolder } from '../package-place.ts';
import { extrasOf, tooLarge } from './package-size.ts';
import type { PackedFile } from './pack.ts';
import type { ExtraFile, ForeignFile } from './portable-package.ts';

/** For whom a package is. */
export interface PortableRequest {
  readonly platform: Platform;
  /** The most that it may hold, unpacked, in MB. */
  readonly limitMb: number;
  /** A folder with all extras, by their names; the project's own files unless told. */
  readonly from?: string | undefined;
}

/** The extras of a package with the paths of their files: in a folder that keeps them, or where the project has them. */
export const extraFiles = (built: CodePackage, from?: string): readonly Candidate[] =>
  extrasOf(built).extras.map((extra) => ({
    ...extra,
    from: from === undefined ? pathOf(extra, built) : join(from, extra.name),
  }));

/**
 * All files of a package that a platform needs: its facts first, then the bundle and the extras, each in the order of their names.
 * Native code of other platforms stays out.
 *
 * @throws LeatError LAYER_REFUSED when they are more, or when a package has native code, but none for the platform
 */
export function portableFiles(
  built: CodePackage,
  { platform, limitMb, from }: PortableRequest,
): readonly PackedFile[] {
  const facts = Buffer.from(JSON.stringify(packageFacts(built, installation().version), undefined, 2));
  const { left, foreign } = extrasOf(built);
  const fitting = fittingFiles(extraFiles(built, from), foreign, platform);
  const bundle = built.files.map(({ name, bytes, size, hash: sum }) => ({
    name,
    size,
    hash: sum,
    from: bytes,
  }));
  const files = [
    { name: factsName, size: facts.length, hash: hash('sha256', facts), from: facts },
    ...bundle,
  ];
  const refused = tooLarge([...files, ...fitting], left, limitMb);
  if (refused !== undefined) throw refused;
  return [...files, ...fitting];
}

/** Where the project has a file. */
function pathOf({ name }: ExtraFile, { root, externals }: CodePackage): string {
  const holder = holderOf(name, externals);
  if (holder !== undefined) return resolve(root, holder.folder, name.slice(holder.place.length + 1));
  return join(root, name.slice(filesFolder.length + 1).replaceAll('+/', '../'));
}

/** The package that a file is of: the innermost. */
function holderOf(name: string, externals: readonly ExternalPackage[]): ExternalPackage | undefined {
  return externals
    .filter(({ place }) => name.startsWith(`${place}/`))
    .reduce<ExternalPackage | undefined>(
      (best, each) => (best === undefined || each.place.length > best.place.length ? each : best),
      undefined,
    );
}

/** An extra and where it is. */
export interface Candidate extends ExtraFile {
  readonly from: string;
}

function fittingFiles(
  files: readonly Candidate[],
  foreign: readonly ForeignFile[],
  platform: Platform,
): readonly Candidate[] {
  const made = new Map<string, NativeFacts>();
  for (const { name, from, executable } of files) {
    const found = nativeName.test(name) || executable === true ? readNativeFacts(from) : undefined;
    if (found !== undefined) made.set(name, found);
  }
  const fits = (name: string): boolean => {
    const found = made.get(name);
    return found === undefined || fitsPlatform(found, platform);
  };
  const here = [...made].map(([name, facts]) => ({ name, platform: platformOf(facts), fits: fits(name) }));
  refuseForeign([...here, ...foreign.map((file) => ({ ...file, fits: false }))], platform);
  return files.filter(({ name }) => fits(name));
}

/** `sharp` of `node_modules/@img/sharp-darwin-arm64/lib/…`: packages for one platform belong together by what is left of their names. */
function familyOf(name: string): string {
  const inPackage = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1];
  return (inPackage ?? name).replace(/[-.](?:linux|darwin|win32|windows|freebsd|android).*$/, '');
}

interface NativeFile extends ForeignFile {
  readonly fits: boolean;
}

function refuseForeign(files: readonly NativeFile[], platform: Platform): void {
  const modules = files.filter(({ name }) => name.endsWith('.node'));
  for (const [family, members] of Map.groupBy(modules, ({ name }) => familyOf(name))) {
    if (members.some(({ fits }) => fits)) continue;
    const made = [...new Set(members.map((each) => each.platform))].toSorted().join(', ');
    const [os, cpu] = platform.split('-');
    const isOwn = family.startsWith(filesFolder);
    throw new LeatError(
      'LAYER_REFUSED',
      `'${family}' has native code for ${made}, and tasks run on ${platform} with glibc`,
      {
        hint: isOwn
          ? `Build it for ${platform} too, and put that beside it.`
          : `Install it for that platform too: npm i --os=${os} --cpu=${cpu} --libc=glibc ${family}`,
        details: { package: family, platforms: made },
      },
    );
  }
}
