import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LeatError } from '../errors/index.ts';

/**
 * Imports a package of Leat that users install when they need it: from beside `leat`, or from the working folder. Its name is
 * no literal, so that no bundle takes it in.
 *
 * @param folders where it is looked for, one after the other
 * @throws LeatError OPTION_INVALID when it is not installed; what it throws itself, as it is
 */
export async function importPackage<Module>(
  name: string,
  folders: readonly string[] = [import.meta.dirname, process.cwd()],
): Promise<Module> {
  const found = folders.map((folder) => fileOf(name, folder)).find((file) => file !== undefined);
  if (found !== undefined) return (await import(pathToFileURL(found).href)) as Module;
  throw new LeatError('OPTION_INVALID', `the package '${name}' is not installed`, {
    hint: `npm install ${name}`,
    details: { package: name },
  });
}

function fileOf(name: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
}
