import { spawnSync } from 'node:child_process';
import { fairEnvironment } from '../harness/environment.ts';

/**
 * Asks a program of the system for its version.
 *
 * @throws Error when it is not installed or does not work: benchmarks install nothing outside of their own folder
 */
export function systemProgram(name: string): { readonly version: string } {
  const asked = spawnSync(name, ['--version'], { encoding: 'utf8', env: fairEnvironment({}) });
  const [version = ''] = asked.error === undefined ? asked.stdout.split('\n') : [];
  if (asked.error !== undefined || asked.status !== 0 || version === '')
    throw new Error(`'${name}' is not installed: apt-get install ${name}`);
  return { version };
}
