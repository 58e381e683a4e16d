import { extname } from 'node:path';
import type * as Yaml from 'yaml';
import { importModule } from '../../errors/import-module.ts';
import { LeatError } from '../../errors/index.ts';

/**
 * Reads a parameters' file: JSON for `.json`, else YAML; one record of names and values.
 *
 * @throws PARAMETER_INVALID with the line.
 */
export async function parseParameterFile(
  name: string,
  text: string,
): Promise<Readonly<Record<string, unknown>>> {
  const value = extname(name) === '.json' ? parseJson(name, text) : await parseYaml(name, text);
  if (value === null || value === undefined) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  throw unreadable(
    name,
    `it holds ${Array.isArray(value) ? 'a list' : `a ${typeof value}`}, expected names and values`,
  );
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(name, (cause as Error).message, cause);
  }
}

async function parseYaml(name: string, text: string): Promise<unknown> {
  // 20 ms that only a run with a YAML file pays for.
  const { parse } = await importModule<typeof Yaml>('yaml');
  try {
    return parse(text) as unknown;
  } catch (cause) {
    throw unreadable(name, (cause as Error).message, cause);
  }
}

function unreadable(name: string, reason: string, cause?: unknown): LeatError {
  return new LeatError('PARAMETER_INVALID', `the parameters' file '${name}' cannot be read: ${reason}`, {
    hint: 'write one line for each parameter, such as alpha: 0.2',
    cause,
  });
}
