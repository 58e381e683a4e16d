import { LeatError } from '../../errors/index.ts';
import type { CodePackage } from '../code-package.ts';
import { textOf } from '../package-sources.ts';
import { type ExtraFile, extrasName, type ExtrasList, type LeftFile } from './portable-package.ts';

const bytesInMb = 1_000_000;
const named = 5;

/** The extras that a package was built with. */
export function extrasOf({ files }: Pick<CodePackage, 'files'>): ExtrasList {
  const list = files.find(({ name }) => name === extrasName);
  return list === undefined
    ? { extras: [], left: [], foreign: [] }
    : (JSON.parse(textOf(list.bytes)) as ExtrasList);
}

/** How large a package is on a machine that lacks the project: bundle and extras, unpacked. */
export interface PackageSize {
  readonly files: number;
  readonly bytes: number;
  /** Its largest files, those that are too large for it included. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
}

/** Adds up what a package holds for other machines. */
export function packageSize(built: Pick<CodePackage, 'files'>): PackageSize {
  const { extras, left } = extrasOf(built);
  return sizeOf([...built.files, ...extras, ...left]);
}

function sizeOf(all: readonly LeftFile[]): PackageSize {
  const files = all.map(({ name, size = 0 }) => ({ name, bytes: size }));
  return {
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    largest: files.toSorted((a, b) => b.bytes - a.bytes).slice(0, named),
  };
}

/** `12.3 MB`. */
const inMb = (bytes: number): string => `${(bytes / bytesInMb).toFixed(bytes < 10 * bytesInMb ? 1 : 0)} MB`;

/** What a package that is larger than the project allows is refused with: what it is made of, and how to make it smaller. */
export function tooLarge(
  files: readonly Pick<ExtraFile, 'name' | 'size'>[],
  left: readonly LeftFile[],
  limitMb: number,
): LeatError | undefined {
  const { bytes, largest } = sizeOf([...files, ...left]);
  const crowded = left.filter(({ size }) => size === undefined).map(({ name }) => name);
  if (bytes <= limitMb * bytesInMb && crowded.length === 0) return undefined;
  const listed = largest.map((file) => `'${file.name}' (${inMb(file.bytes)})`).join(', ');
  const message =
    crowded.length > 0
      ? `the code package would hold all of '${crowded.join("', '")}': too many files`
      : `the code package would be ${inMb(bytes)}, and ${limitMb} MB are allowed; its largest files: ${listed}`;
  const glob = globFor(crowded[0] === undefined ? (largest[0]?.name ?? '') : `${crowded[0]}/**`);
  return new LeatError('LAYER_REFUSED', message, {
    hint: `What tasks do not need stays out with leat.config.ts: export default defineConfig({ package: { exclude: ['${glob}'] } }). Large data belongs into artifacts, files or a bucket; package.limitMb raises the limit.`,
    details: { bytes, limitMb },
  });
}

/** As `exclude` reads it: by the place in the project. */
function globFor(name: string): string {
  return name.replace(/^files\//, '').replaceAll('+/', '../');
}
