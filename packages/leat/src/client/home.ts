/** The home and the namespace that a reader means when it names none. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const marks = ['.leat', 'package.json', '.git'];

function projectFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (marks.some((mark) => existsSync(join(folder, mark)))) return folder;
    if (dirname(folder) === folder) return from;
  }
}

/** `LEAT_HOME`, else `.leat` of the project around the working directory. Creates nothing. */
export function defaultHome(cwd: string = process.cwd(), env: Environment = process.env): string {
  const told = env['LEAT_HOME'];
  return told ? resolve(cwd, told) : join(projectFolder(cwd), '.leat');
}

/** `LEAT_NAMESPACE`, else `user:NAME` by `LEAT_USER` or the account. */
export function defaultNamespace(env: Environment = process.env): string {
  return env['LEAT_NAMESPACE'] || `user:${env['LEAT_USER'] || accountName()}`;
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account without an entry in the user database (containers with a bare uid) has no name to ask for.
    return 'unknown';
  }
}
