// Programs that tests need and npm does not have: a PostgreSQL server, a container engine and what goes into its images, and a library that shows a
// process another time. On Debian and its kin, as root, what is missing is installed; elsewhere it says what to install, and the tests that need it fail.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';

interface Needed {
  /** Debian's name of it. */
  readonly name: string;
  /** Where one of its files lies. */
  readonly files: readonly string[];
}

const onPath = (program: string): readonly string[] =>
  (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, program));

const needed: readonly Needed[] = [
  { name: 'postgresql', files: ['/usr/lib/postgresql/*/bin/initdb', ...onPath('initdb')] },
  { name: 'podman', files: onPath('podman') },
  { name: 'runc', files: onPath('runc') },
  { name: 'busybox-static', files: onPath('busybox') },
  { name: 'musl', files: ['/lib/ld-musl-*.so.1'] },
  { name: 'curl', files: onPath('curl') },
  { name: 'python3', files: ['/usr/bin/python3'] },
  { name: 'faketime', files: ['/usr/lib/*/faketime/libfaketimeMT.so.1'] },
];

const isThere = ({ files }: Needed): boolean =>
  files.some((file) => (file.includes('*') ? globSync(file).length > 0 : existsSync(file)));

function aptGet(...args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { stdio: 'inherit', env }).status === 0;
}

const missing = needed.filter((each) => !isThere(each)).map(({ name }) => name);
if (missing.length > 0) {
  const install = ['install', '-y', '--no-install-recommends', ...missing];
  const mayInstall = process.getuid?.() === 0 && onPath('apt-get').some((file) => existsSync(file));
  console.log(`tests need ${missing.join(' and ')}: apt-get ${install.join(' ')}`);
  if (!mayInstall) console.log('Install them, or the tests that need them will fail.');
  else if (!aptGet('update') || !aptGet(...install)) process.exitCode = 1;
}
