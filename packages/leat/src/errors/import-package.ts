import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { importModule } from './import-module.ts';
import { LeatError } from './leat-error.ts';

/**
 * Imports a package of Leat that users install when they need it: from beside `leat`, or from the working folder. Its name is
 * no literal, so that no bundle takes it in.
 *
 * @param name of a package, or of an entry of it: `@leat/aws`, `@leat/aws/s3`
 * @param folders where it is looked for, one after the other
 * @throws LeatError OPTION_INVALID when it is not installed; what it throws itself, as it is
 */
export async function importPackage<Module>(
  name: string,
  folders: readonly string[] = [import.meta.dirname, process.cwd()],
): Promise<Module> {
  const found = folders.map((folder) => fileOf(name, folder)).find((file) => file !== undefined);
  if (found !== undefined) return importModule<Module>(pathToFileURL(found).href);
  const installed = packageOf(name);
  throw new LeatError('OPTION_INVALID', `the package '${installed}' is not installed`, {
    hint: `npm install ${installed}`,
    details: { package: installed },
  });
}

/** `@leat/aws/s3` → `@leat/aws`. */
const packageOf = (name: string): string => name.split('/', name.startsWith('@') ? 2 : 1).join('/');

function fileOf(name: string, folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'package.json')).resolve(name);
  } catch {
    return undefined;
  }
}
