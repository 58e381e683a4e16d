import { LeatError } from '../errors/index.ts';
import type { LeatConfig, PackageConfig } from './config.ts';

/** A project's settings with all that it has left open. */
export interface ProjectConfig {
  readonly package: Required<PackageConfig>;
  readonly node?: string;
}

/** What holds for a project that says nothing. */
export const defaultConfig: ProjectConfig = { package: { include: [], exclude: [], limitMb: 250 } };

/** @throws LeatError OPTION_INVALID, with the field and what it should be; `file`: where it stands. */
export function parseConfig(value: unknown, file: string): ProjectConfig {
  const config = record(value, file, 'the default export') as LeatConfig;
  refuseUnknown(config, ['package', 'node'], { file, of: '' });
  const own = config.package === undefined ? {} : (record(config.package, file, 'package') as PackageConfig);
  refuseUnknown(own, ['include', 'exclude', 'limitMb'], { file, of: 'package.' });
  const { include = [], exclude = [], limitMb = defaultConfig.package.limitMb } = own;
  requireGlobs(include, file, 'package.include');
  requireGlobs(exclude, file, 'package.exclude');
  if (typeof limitMb !== 'number' || !(limitMb > 0))
    throw refused(file, `'package.limitMb' is a number of MB above 0, not ${shown(limitMb)}`);
  const { node } = config;
  if (node !== undefined && (typeof node !== 'string' || node === ''))
    throw refused(file, `'node' is the path of a Node binary, not ${shown(node)}`);
  return { package: { include, exclude, limitMb }, ...(node === undefined ? {} : { node }) };
}

function record(value: unknown, file: string, what: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw refused(file, `${what} is an object with settings, not ${shown(value)}`);
}

function refuseUnknown(
  value: object,
  known: readonly string[],
  { file, of }: { readonly file: string; readonly of: string },
): void {
  const strange = Object.keys(value).find((name) => !known.includes(name));
  if (strange === undefined) return;
  throw refused(
    file,
    `there is no setting '${of}${strange}'; there are ${known.map((name) => of + name).join(', ')}`,
  );
}

function requireGlobs(value: unknown, file: string, what: string): void {
  const isList = Array.isArray(value) && value.every((glob) => typeof glob === 'string' && glob !== '');
  if (!isList) throw refused(file, `'${what}' is a list of globs, not ${shown(value)}`);
  const outside = (value as readonly string[]).find((glob) => /^(?:\/|[A-Za-z]:)/.test(glob));
  if (outside !== undefined)
    throw refused(file, `'${what}' holds '${outside}': globs are relative to the folder of this file`);
}

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value);

const refused = (file: string, what: string): LeatError =>
  new LeatError('OPTION_INVALID', `'${file}': ${what}`, {
    hint: "import { defineConfig } from 'leat', and your editor checks it: export default defineConfig({ package: { include: ['prompts/**'] } })",
  });
