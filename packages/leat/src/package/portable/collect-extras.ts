/**
 * What a package needs besides its bundle, on a machine that lacks the project: data files, packages that cannot be bundled, what the
 * settings add. It is listed, with sizes and hashes; nothing is copied before a layer asks for it. Flows that need nothing of the kind
 * do not load this.
 */
import { globSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join, matchesGlob, relative, sep } from 'node:path';
import type { Bundle } from '../bundle.ts';
import type { ExternalPackage } from '../code-package.ts';
import type { FoundConfig } from '../found-config.ts';
import { nativeName, readNativeFacts } from '../native/elf.ts';
import { fitsSomePlatform, platformOf } from '../native/platform.ts';
import { copyName } from '../package-place.ts';
import { gather, isSecret } from './gather.ts';
import { hashOfFile } from './hash-of-file.ts';
import { installedClosure, type PlacedPackage } from './installed-closure.ts';
import { dataFiles, isFile, packageFiles } from './list-files.ts';
import type { ExtraFile, ExtrasList, ForeignFile, LeftFile } from './portable-package.ts';

/** What extras are collected from. */
export interface ExtrasRequest {
  readonly bundle: Bundle;
  readonly settings: FoundConfig;
  /** The hash that a file had when it was last read, if it has not changed since. */
  readonly knownHash: (path: string, stats: Stats) => string | undefined;
}

/** What was collected. */
export interface Extras {
  readonly list: ExtrasList;
  readonly externals: readonly ExternalPackage[];
  /** The files that were read, by full path, with their hashes. */
  readonly read: ReadonlyMap<string, string>;
  /** Full paths of folders all of whose files are extras. */
  readonly folders: readonly string[];
}

const bytesInMb = 1_000_000;

/** Collects them. @throws LeatError OPTION_INVALID, FLOW_LOAD of the settings. */
export async function collectExtras({ bundle, settings, knownHash }: ExtrasRequest): Promise<Extras> {
  const { root } = bundle;
  const gathered = await gather(bundle);
  const packages = installedClosure(gathered.packages);
  const left: LeftFile[] = [];
  const wanted = new Map<string, string>();
  const isExcluded = exclusion(settings);
  const add = (name: string, path: string): void => {
    if (!wanted.has(name) && !isExcluded(path)) wanted.set(name, path);
  };
  const nameOf = (path: string): string => copyName(inRoot(root, path));
  for (const { place, folder } of packages)
    for (const file of packageFiles(folder)) add(`${place}/${file.name}`, file.path);
  for (const path of [...gathered.files, ...included(settings)]) add(nameOf(path), path);
  for (const folder of gathered.folders) {
    const files = dataFiles(folder);
    if (files === undefined) left.push({ name: nameOf(folder) });
    for (const { path } of files ?? []) if (!isSecret(path)) add(nameOf(path), path);
  }
  const limit = settings.config.package.limitMb * bytesInMb;
  const { extras, read, foreign } = listed(wanted, { knownHash, left, limit });
  return {
    list: { extras, left: left.toSorted((a, b) => (a.name < b.name ? -1 : 1)), foreign },
    externals: packages.map((each) => externalOf(each, bundle)),
    read,
    folders: [...gathered.folders],
  };
}

const inRoot = (root: string, path: string): string => relative(root, path).split(sep).join('/');

function externalOf(
  { name, place, folder, reason }: PlacedPackage,
  { root, externals }: Bundle,
): ExternalPackage {
  const isImported = `node_modules/${externals.get(folder)?.alias}` === place;
  return { name, place, folder: inRoot(root, folder), reason, ...(isImported ? { imported: true } : {}) };
}

const included = ({ config, folder }: FoundConfig): readonly string[] =>
  globSync([...config.package.include], { cwd: folder })
    .map((name) => join(folder, name))
    .filter(isFile)
    .toSorted();

/** Packages are excluded by the paths that people see, not by where a package manager really keeps them: both count. */
function exclusion({ config, folder }: FoundConfig): (path: string) => boolean {
  const globs = config.package.exclude;
  if (globs.length === 0) return () => false;
  const base = realpathSync(folder);
  return (path) => {
    const name = inRoot(base, path);
    return globs.some((glob) => matchesGlob(name, glob));
  };
}

interface Listing extends Pick<ExtrasRequest, 'knownHash'> {
  readonly left: LeftFile[];
  /** In bytes. */
  readonly limit: number;
}

/** What is more than a package may hold is not read: it would cost time here, and no other machine will get it. */
function listed(wanted: ReadonlyMap<string, string>, { knownHash, left, limit }: Listing) {
  const extras: ExtraFile[] = [];
  const foreign: ForeignFile[] = [];
  const read = new Map<string, string>();
  let total = 0;
  for (const [name, path] of [...wanted].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const facts = nativeName.test(name) ? readNativeFacts(path) : undefined;
    if (facts !== undefined && !fitsSomePlatform(facts)) {
      foreign.push({ name, platform: platformOf(facts) });
      continue;
    }
    const stats = statSync(path);
    total += stats.size;
    if (total > limit) {
      left.push({ name, size: stats.size });
      continue;
    }
    const hash = knownHash(path, stats) ?? hashOfFile(path);
    read.set(path, hash);
    extras.push({
      name,
      hash,
      size: stats.size,
      ...((stats.mode & 0o111) === 0 ? {} : { executable: true }),
    });
  }
  return { extras, read, foreign };
}
