import { LeatError } from '../../errors/index.ts';
import type { ExtraFile, LeftFile } from './portable-package.ts';

const bytesInMb = 1_000_000;
const named = 5;

/** `12.3 MB`. */
export const inMb = (bytes: number): string =>
  `${(bytes / bytesInMb).toFixed(bytes < 10 * bytesInMb ? 1 : 0)} MB`;

/** Refuses a package that is larger than a project allows, and says what it is made of and how to make it smaller. @throws LeatError LAYER_REFUSED. */
export function refuseTooLarge(
  files: readonly ExtraFile[],
  left: readonly LeftFile[],
  limitMb: number,
): void {
  const all = [...files, ...left];
  const size = all.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const crowded = left.filter((file) => file.size === undefined);
  if (size <= limitMb * bytesInMb && crowded.length === 0) return;
  const largest = all
    .filter((file) => file.size !== undefined)
    .toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0))
    .slice(0, named)
    .map((file) => `'${file.name}' (${inMb(file.size ?? 0)})`);
  const message =
    crowded.length > 0
      ? `the code package would hold all of '${crowded.map(({ name }) => name).join("', '")}': too many files`
      : `the code package would be ${inMb(size)}, and ${limitMb} MB are allowed; its largest files: ${largest.join(', ')}`;
  const [first] = crowded.length > 0 ? crowded : all.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0));
  throw new LeatError('LAYER_REFUSED', message, {
    hint: `What tasks do not need stays out with leat.config.ts: export default defineConfig({ package: { exclude: ['${globFor(first?.name ?? '')}'] } }). Large data belongs into artifacts, files or a bucket; package.limitMb raises the limit.`,
    details: { size, limitMb },
  });
}

/** As `exclude` reads it: by the place in the project. */
function globFor(name: string): string {
  return name.replace(/^files\//, '').replaceAll('+/', '../');
}
