import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fairEnvironment } from './environment.ts';
import { python } from './python.ts';
import { cacheFolder } from './work-folder.ts';

/** What is installed, and under which name it is kept. */
export interface VirtualEnvironment {
  /** Name of its folder in the cache, with the version: another version is another folder. */
  readonly name: string;
  /** What pip is asked for. */
  readonly requirements: readonly string[];
}

/**
 * Installs packages from PyPI into a virtual environment in the cache, once, and returns its folder of programs. pip compiles them to byte code, as a
 * user's installation has it.
 *
 * @throws Error when that does not succeed, for want of a network, say
 */
export function virtualEnvironment(
  { name, requirements }: VirtualEnvironment,
  say: (text: string) => void,
): string {
  const folder = path.join(cacheFolder(), name);
  const programs = path.join(folder, 'bin');
  const complete = path.join(folder, 'complete');
  if (existsSync(complete)) return programs;
  say(`installing ${requirements.join(', ')} from PyPI into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  command(python(), '-m', 'venv', folder);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  command(path.join(programs, 'python'), ...pip, ...requirements);
  writeFileSync(complete, '');
  return programs;
}

function command(...[file, ...argv]: [string, ...string[]]): void {
  const { status } = spawnSync(file, argv, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: fairEnvironment({}),
  });
  if (status !== 0) throw new Error(`${file} ${argv.join(' ')} failed`);
}
