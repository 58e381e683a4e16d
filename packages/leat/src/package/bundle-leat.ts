import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OnResolveResult, PluginBuild } from 'esbuild';
import { installation } from './installation.ts';
import { loaderOf } from './lower-source.ts';
import { withIdentity } from './module-identity.ts';

/**
 * What `import … from 'leat'` gives a flow: the language, or all. A flow seldom starts runs or reads results, and what can do
 * that is seven times as large as the language: it is looked at only when a flow turns out to ask for it.
 */
export type LeatFace = 'language' | 'whole';

export interface BundleLeatOptions {
  readonly face: LeatFace;
  /** Names of the language that whoever loads the bundle provides; otherwise it is bundled, too. */
  readonly language: readonly string[] | undefined;
  /** Told the full path of each file that is read. */
  readonly read: (file: string) => void;
}

/** Namespace of the files of this package in a build, and in source maps. */
const leatNamespace = 'leat';

// As `index.ts` has them, and the same built.
const engineExports = /^export \{[^}]*\} from '\.\/(?:client|run)\/[^']*';$/gm;

const providedName = 'language';

/** A module that gives what `flow/provide-language.ts` has put in place. */
const providedLanguage = (names: readonly string[]): string =>
  [
    "const language = globalThis[Symbol.for('leat.language/1')];",
    "if (language === undefined) throw new Error('a code package of Leat is run by Leat: leat run FLOW');",
    `export const { ${names.join(', ')} } = language;`,
  ].join('\n');

/** Lets `leat` be this very installation, wherever the flow lies. */
export function bundleLeat(build: PluginBuild, { face, language, read }: BundleLeatOptions): void {
  const { folder, moduleOf } = installation();
  const nameOf = (file: string): string => relative(folder, file).split(sep).join('/');
  // A name inside the package instead of a path: the same bytes wherever it is installed.
  const inside = (file: string): OnResolveResult => ({
    path: nameOf(file),
    namespace: leatNamespace,
    sideEffects: false,
  });
  const main = moduleOf('leat');
  const provided = face === 'language' && language !== undefined ? providedLanguage(language) : undefined;

  build.onResolve({ filter: /^leat(?:\/|$)/ }, ({ path }) => {
    if (path === 'leat' && provided !== undefined)
      return { path: providedName, namespace: leatNamespace, sideEffects: false };
    const file = moduleOf(path);
    return file === undefined ? undefined : inside(file);
  });
  build.onResolve({ filter: /^\./, namespace: leatNamespace }, ({ path, importer, kind }) => {
    const file = resolve(folder, dirname(importer), path);
    // What is loaded lazily are drivers and tools. They belong to the machine that starts runs, not into each package.
    return kind === 'dynamic-import' ? { path: pathToFileURL(file).href, external: true } : inside(file);
  });
  build.onResolve({ filter: /^[^.]/, namespace: leatNamespace }, ({ path, kind }) => {
    if (kind !== 'dynamic-import' || isBuiltin(path)) return undefined;
    const file = createRequire(join(folder, 'package.json')).resolve(path);
    return { path: pathToFileURL(file).href, external: true };
  });
  build.onLoad({ filter: /./, namespace: leatNamespace }, ({ path }) => {
    if (path === providedName && provided !== undefined) return { contents: provided, loader: 'js' };
    const file = join(folder, path);
    read(file);
    const text = readFileSync(file, 'utf8');
    const shown = file === main && face === 'language' ? text.replaceAll(engineExports, '') : text;
    return {
      contents: withIdentity(shown, file) ?? shown,
      loader: loaderOf(file),
      resolveDir: dirname(file),
    };
  });
}

/** Whether the messages of a build say that the flow asks `leat` for more than the language. */
export function asksWholeFace(messages: readonly { readonly text: string; readonly id: string }[]): boolean {
  return messages.some(
    ({ text, id }) => text.startsWith('No matching export in "leat:') || id === 'import-is-undefined',
  );
}
