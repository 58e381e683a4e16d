// Programs that tests need and npm does not have: a PostgreSQL server, container engines, a registry and what goes into images, a library that shows a
// process another time, stand-ins for AWS. On Debian and its kin, as root, what is missing is installed; elsewhere it says what to install, and
// the tests that need it fail. What Python's packages give goes to `.cache/test-programs`, where tests look for it (`findProgram` of @leat/testing).
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { root } from './workspace.ts';

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
  { name: 'docker.io', files: ['/usr/sbin/dockerd', ...onPath('dockerd')] },
  { name: 'runc', files: onPath('runc') },
  { name: 'docker-registry', files: onPath('docker-registry') },
  { name: 'uidmap', files: onPath('newuidmap') },
  { name: 'busybox-static', files: onPath('busybox') },
  { name: 'musl', files: ['/lib/ld-musl-*.so.1'] },
  { name: 'curl', files: onPath('curl') },
  { name: 'wget', files: onPath('wget') },
  { name: 'perl', files: onPath('perl') },
  { name: 'python3', files: ['/usr/bin/python3'] },
  ...['proxy', 'account', 'container', 'object'].map((part) => ({
    name: `swift-${part}`,
    files: onPath(`swift-${part}-server`),
  })),
  { name: 'golang-go', files: onPath('go') },
  { name: 'memcached', files: onPath('memcached') },
  { name: 'faketime', files: ['/usr/lib/*/faketime/libfaketimeMT.so.1'] },
  { name: 'python3-venv', files: ['/usr/lib/python3*/ensurepip/__init__.py', ...onPath('pyenv')] },
];

interface PythonPackage {
  /** What pip takes. */
  readonly requirement: string;
  /** The program that tests start. */
  readonly program: string;
}

const neededOfPython: readonly PythonPackage[] = [
  { requirement: 'moto[server]>=5.2.3', program: 'moto_server' },
  { requirement: 'cfn-lint>=1.51', program: 'cfn-lint' },
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

const neededOfGo = { module: 'github.com/versity/versitygw/cmd/versitygw@v1.8.0', program: 'versitygw' };

const ownPrograms = path.join(root, '.cache/test-programs');
const inPython = (program: string): string => path.join(ownPrograms, 'python/bin', program);

function run(program: string, ...args: readonly string[]): boolean {
  console.log(`test programs: ${path.basename(program)} ${args.join(' ')}`);
  return spawnSync(program, args, { stdio: 'inherit' }).status === 0;
}

/** Installs what is missing; a link in `bin/` says that it is whole. */
function installPython(packages: readonly PythonPackage[]): boolean {
  mkdirSync(path.join(ownPrograms, 'bin'), { recursive: true });
  if (!existsSync(inPython('pip')) && !run('python3', '-m', 'venv', path.join(ownPrograms, 'python')))
    return false;
  if (!run(inPython('pip'), 'install', '-q', ...packages.map(({ requirement }) => requirement))) return false;
  for (const { program } of packages) {
    const link = path.join(ownPrograms, 'bin', program);
    rmSync(link, { force: true });
    symlinkSync(inPython(program), link);
  }
  return true;
}

const missingOfPython = neededOfPython.filter(
  ({ program }) => !existsSync(path.join(ownPrograms, 'bin', program)),
);
if (missingOfPython.length > 0 && !installPython(missingOfPython)) process.exitCode = 1;

function installGo(): boolean {
  console.log(`test programs: go install ${neededOfGo.module}`);
  const env = { ...process.env, GOBIN: path.join(ownPrograms, 'bin') };
  return spawnSync('go', ['install', neededOfGo.module], { stdio: 'inherit', env }).status === 0;
}

if (!existsSync(path.join(ownPrograms, 'bin', neededOfGo.program)) && !installGo()) process.exitCode = 1;
