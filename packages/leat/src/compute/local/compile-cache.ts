/** Where tasks keep what V8 has compiled. */
import { lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * A folder of the user's own for compiled code: in one that others may write to, they could leave code for us to run. `undefined` when
 * the user has named a folder, and when there is none that is only the user's: then tasks compile anew.
 *
 * @param temporary folder of temporary files, for a user without a home
 */
export function compileCache(
  {
    NODE_COMPILE_CACHE: named,
    XDG_CACHE_HOME: cache,
    HOME: home,
  }: Readonly<Record<string, string | undefined>>,
  temporary: string,
): string | undefined {
  if (named !== undefined) return undefined;
  if (cache) return path.join(cache, 'leat', 'compile');
  return home ? path.join(home, '.cache', 'leat', 'compile') : closedFolder(temporary);
}

/** The folder for temporary files is everybody's: somebody else may have taken the name, or left it open. */
function closedFolder(temporary: string): string | undefined {
  const user = process.getuid?.();
  if (user === undefined) return undefined;
  const folder = path.join(temporary, `leat-compile-${user}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const facts = lstatSync(folder);
    const isClosed = facts.isDirectory() && facts.uid === user && (facts.mode & 0o022) === 0;
    return isClosed ? folder : undefined;
  } catch {
    // A file of that name, or a folder for temporary files that we may not write to.
    return undefined;
  }
}
