import type { Loader, TransformOptions } from 'esbuild';

/** How one file becomes JavaScript that this Node can parse, outside of a bundle: with the same meaning as inside of one. */
export function lowerOptions(path: string): TransformOptions & { readonly loader: Loader } {
  return {
    loader: loaderOf(path),
    target: 'node24',
    sourcefile: path,
    // A class with decorators that names itself becomes `_TrainFlow`; runs are listed under its name.
    keepNames: true,
    // Nothing of the user's tsconfig: `experimentalDecorators` would give decorators another meaning.
    tsconfigRaw: {},
    logLevel: 'silent',
  };
}

/** Whether a text has what looks like a decorator: an `@name` that begins a line or follows another one. */
export const hasDecorators = (text: string): boolean => /^[ \t]*@[A-Za-z_$(]/m.test(text);

/**
 * How esbuild reads a file, by its ending.
 *
 * @param plain For `.js`, `.mjs` and `.cjs`.
 */
export function loaderOf(path: string, plain: 'js' | 'jsx' = 'js'): Loader {
  const kind = /\.[cm]?([jt]sx?)$/.exec(path)?.[1];
  return kind === 'ts' || kind === 'tsx' || kind === 'jsx' ? kind : plain;
}
