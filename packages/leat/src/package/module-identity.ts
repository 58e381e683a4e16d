/**
 * A bundled file must still know its own name: `import.meta.url` of a user's file means that file, not the bundle that it
 * ended up in, and `__dirname` of a CommonJS dependency means the dependency's folder. Files that ask get a tiny module of
 * their own to import the answer from. The import stands at the end, where it moves no line of the user's.
 */
import { placeName } from './package-place.ts';

/** Prefix of the import path of a file's identity, and the namespace of these modules. */
export const identityNamespace = 'leat-module';

/** For esbuild's `define`: what these expressions become in every file. */
export const identityDefines: Readonly<Record<string, string>> = {
  'import.meta.url': 'leatModuleUrl',
  'import.meta.dirname': 'leatModuleDirname',
  'import.meta.filename': 'leatModuleFilename',
  'import.meta.resolve': 'leatModuleResolve',
};

const moduleSyntax = /^\s*(?:import\b(?!\s*\()|export\b)/m;
const metaNames =
  'url as leatModuleUrl, dirname as leatModuleDirname, filename as leatModuleFilename, resolve as leatModuleResolve';

/** The text with what it needs to know its name, or `undefined` when it does not ask. `path`: the full path of the file. */
export function withIdentity(text: string, path: string): string | undefined {
  const asksMeta = text.includes('import.meta');
  const names = ['__dirname', '__filename'].filter((name) => text.includes(name));
  if (!asksMeta && names.length === 0) return undefined;
  if (!asksMeta && !moduleSyntax.test(text)) return withCommonJsNames(text, names, path);
  const own = names.filter((name) => !declares(text, name)).map((name) => `${name.slice(2)} as ${name}`);
  const wanted = [...(asksMeta ? [metaNames] : []), ...own];
  return wanted.length === 0
    ? undefined
    : `${text}\nimport { ${wanted.join(', ')} } from "${identityNamespace}:${path}";`;
}

/**
 * The source of the module that tells a file who it is. What nobody uses is dropped from the bundle.
 *
 * @param name the file's path relative to the package's root, with `/`
 */
export function identityModule(name: string): string {
  return [
    `import { placeOf } from '${placeName}';`,
    "import { createRequire } from 'node:module';",
    "import { dirname as folderOf } from 'node:path';",
    "import { pathToFileURL } from 'node:url';",
    `export const filename = /* @__PURE__ */ placeOf(${JSON.stringify(name)});`,
    'export const dirname = /* @__PURE__ */ folderOf(filename);',
    'export const url = /* @__PURE__ */ (() => pathToFileURL(filename).href)();',
    'export function resolve(specifier) {',
    '  if (/^[a-z][a-z0-9+.-]+:/i.test(specifier)) return specifier;',
    '  return /^[./]/.test(specifier) ? new URL(specifier, url).href : pathToFileURL(createRequire(url).resolve(specifier)).href;',
    '}',
  ].join('\n');
}

/** The source of a module that loads a file of native code of the user's own. */
export const nativeModule = (path: string): string =>
  [
    `const { filename } = require(${JSON.stringify(`${identityNamespace}:${path}`)});`,
    "module.exports = require('node:module').createRequire(filename)(filename);",
  ].join('\n');

// Users write `const __dirname = dirname(fileURLToPath(import.meta.url))` in modules; a second declaration would be an error.
function declares(text: string, name: string): boolean {
  return new RegExp(`(?:\\b(?:const|let|var|function|class)\\s+|\\bas\\s+|[{,]\\s*)${name}\\b`).test(text);
}

// CommonJS has no imports, so the values go first, behind a directive that has to stay the first statement.
function withCommonJsNames(text: string, names: readonly string[], path: string): string {
  const identity = `require(${JSON.stringify(`${identityNamespace}:${path}`)})`;
  const head = `var ${names.map((name) => `${name} = ${identity}.${name.slice(2)}`).join(', ')};`;
  const hashbang = /^#!.*\n/.exec(text)?.[0] ?? '';
  const body = text.slice(hashbang.length);
  const strict = /^(?:\s|\/\/.*\n|\/\*[^]*?\*\/)*(['"])use strict\1/.test(body) ? "'use strict';" : '';
  return `${hashbang}${strict}${head}${body}`;
}
