/** Finds the project's `leat.config.ts` and reads it: bundled as flows are, so it may import what flows import. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultConfig, parseConfig } from '../config/parse-config.ts';
import { importModule } from '../errors/import-module.ts';
import { isLeatError, LeatError } from '../errors/index.ts';
import type { CodePackage } from './code-package.ts';
import { findConfig } from './find-config.ts';
import type { FoundConfig } from './found-config.ts';
import { sourceRoot } from './source-root.ts';

/**
 * The settings for a flow; those of a project that says nothing when there is no file.
 *
 * @param build bundles the file
 * @throws LeatError OPTION_INVALID for what the file may not say; FLOW_LOAD when it cannot be loaded
 */
export async function loadConfig(
  flowFile: string,
  build: (file: string) => Promise<CodePackage>,
): Promise<FoundConfig> {
  const file = findConfig(flowFile);
  if (file === undefined) return { config: defaultConfig, folder: sourceRoot(dirname(flowFile)), files: [] };
  const folder = dirname(file);
  if (file.endsWith('.json')) return { config: parseConfig(readJson(file), file), folder, files: [file] };
  const built = await build(file);
  const files = built.sources.map(({ path }) => resolve(built.root, path));
  return {
    config: parseConfig(await defaultExport(join(built.folder, built.entry), file), file),
    folder,
    files,
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw failed(file, cause);
  }
}

async function defaultExport(entry: string, file: string): Promise<unknown> {
  try {
    return (await importModule<{ readonly default?: unknown }>(pathToFileURL(entry).href)).default;
  } catch (cause) {
    throw isLeatError(cause) ? cause : failed(file, cause);
  }
}

const failed = (file: string, cause: unknown): LeatError =>
  new LeatError(
    'FLOW_LOAD',
    `'${file}' cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
      hint: 'It holds the settings of the project: export default defineConfig({ … }).',
    },
  );
