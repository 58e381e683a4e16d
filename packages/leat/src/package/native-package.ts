import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ancestors } from './source-root.ts';

interface Manifest {
  readonly gypfile?: boolean;
  readonly binary?: unknown;
  readonly napi?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Packages that find and load a `.node` file at run time: who depends on one cannot be moved into a bundle. */
const loaders = new Set([
  'bindings',
  'node-gyp-build',
  'node-gyp-build-optional-packages',
  'node-pre-gyp',
  '@mapbox/node-pre-gyp',
  'prebuild-install',
  'pkg-prebuilds',
  'ffi-napi',
]);

/** `@img/sharp-linux-x64`, `lightningcss-darwin-arm64`: one package for each platform, chosen when it is loaded. */
const platformPackage =
  /[-/](?:linux|darwin|win32|freebsd|android)-(?:x64|arm64|arm|ia32|riscv64|s390x|ppc64|musl|universal)/;

/** `@scope/name/deep/file.js` → `@scope/name`; `undefined` for a path, a subpath import or a URL. */
export function packageName(specifier: string): string | undefined {
  return /^(?:@[^/\\:]+\/)?[^./\\:#@][^/\\:]*/.exec(specifier)?.[0];
}

/** The folder that Node would find a package in, from the folder of the importing file; `undefined` when it is not installed. */
export function packageFolder(name: string, from: string): string | undefined {
  return ancestors(from)
    .map((folder) => join(folder, 'node_modules', name))
    .find((folder) => existsSync(join(folder, 'package.json')));
}

/** The folder of the installed package that a file is of; `undefined` for a file that is of none. */
export const packageFolderOf = (file: string): string | undefined =>
  /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+(?=[/\\])/.exec(file)?.[0];

/** Why the package in a folder cannot be bundled, for people; `undefined` when it can. */
export function nativeReason(folder: string): string | undefined {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  if (manifest.gypfile === true || existsSync(join(folder, 'binding.gyp'))) return 'it has native code';
  if (typeof manifest.binary === 'object' || manifest.napi !== undefined) return 'it has native code';
  const loader = Object.keys(manifest.dependencies ?? {}).find((name) => loaders.has(name));
  if (loader !== undefined) return `it loads native code with '${loader}'`;
  const platform = Object.keys(manifest.optionalDependencies ?? {}).find((name) =>
    platformPackage.test(name),
  );
  return platform === undefined ? undefined : `it has one package for each platform, such as '${platform}'`;
}
