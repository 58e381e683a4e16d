import type { CodePackage } from './code-package.ts';

/** A file of the user's as it was when the package was built. */
export interface SourceText {
  /** Relative to the package's root, with `/`; may start with `../`. */
  readonly path: string;
  readonly text: string;
}

/** What Leat reads of a source map (the standard's version 3). */
export interface MapFacts {
  readonly version: number;
  readonly file?: string;
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly mappings: string;
  readonly names: readonly string[];
}

/** The source map of a file of a package, or `undefined` when it has none. */
export function sourceMapOf({ files }: Pick<CodePackage, 'files'>, name: string): MapFacts | undefined {
  const map = files.find((file) => file.name === `${name}.map`);
  return map === undefined ? undefined : (JSON.parse(textOf(map.bytes)) as MapFacts);
}

/** UTF-8 bytes as text. */
export const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');

/** The user's own sources in a package, in the order of their paths: what `leat code RUN` gives back. */
export function packageSources(built: Pick<CodePackage, 'files'>): readonly SourceText[] {
  const texts = new Map<string, string>();
  for (const { name } of built.files) {
    const map = name.endsWith('.js') ? sourceMapOf(built, name) : undefined;
    for (const [i, path] of map?.sources.entries() ?? []) {
      const text = map?.sourcesContent?.[i];
      if (typeof text === 'string') texts.set(path, text);
    }
  }
  return [...texts].map(([path, text]) => ({ path, text })).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
