// Everything between a bare clone and a working command: dependencies, then the build. It needs npm and a Node of version 20 or newer, and says
// nothing when there is nothing to do. `npm start`, `npm test` and `npm run check` run it first.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamp = path.join(root, '.cache/built');

/** Runs an npm command with its output shown, and ends this script if it fails. */
function npm(args, why) {
  console.log(`setup: ${why}: npm ${args.join(' ')}`);
  const started = Date.now();
  const windows = process.platform === 'win32';
  const { status, error } = spawnSync(windows ? 'npm.cmd' : 'npm', args, {
    cwd: root,
    stdio: 'inherit',
    shell: windows,
  });
  if (error) console.error(`setup: npm cannot be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
  console.log(`setup: done in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/** Why the dependencies must be installed, if they must: what npm recorded in node_modules is held against the lock file. */
function installReason() {
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return 'the dependencies are not installed';
  const installed = packagesOf(record);
  for (const [place, wanted] of Object.entries(packagesOf(path.join(root, 'package-lock.json')))) {
    const optional = wanted.optional || wanted.devOptional || wanted.peer;
    if (place === '' || wanted.link || optional || !place.includes('node_modules/')) continue;
    if (installed[place]?.version !== wanted.version) return `${place} is not what package-lock.json says`;
  }
  return existsSync(path.join(root, 'node_modules/node'))
    ? undefined
    : 'there is no current Node in node_modules';
}

/** The scripts that build what runs from one file. */
const bundlers = [
  'build-bundles',
  'cli-bundle',
  'lazy-builtins',
  'one-file',
  'runner-bundle',
  's3-driver-bundle',
  'workspace',
];

/** Every file that the build reads. */
function buildInputs() {
  const packages = readdirSync(path.join(root, 'packages')).map((name) => path.join(root, 'packages', name));
  return [
    ...['tsconfig.base.json', 'package-lock.json'].map((name) => path.join(root, name)),
    ...bundlers.map((name) => path.join(root, `scripts/${name}.ts`)),
    ...packages.flatMap((folder) => [path.join(folder, 'package.json'), path.join(folder, 'tsconfig.json')]),
    ...packages.flatMap((folder) => filesUnder(path.join(folder, 'src'))),
  ];
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name));
}

/** Why the packages must be built, if they must. Folders count too: a file taken away changes the time of its folder. */
function buildReason() {
  if (!existsSync(path.join(root, 'packages/leat/dist/bin/launch.cjs'))) return 'the packages are not built';
  const builtAt = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  const newer = buildInputs().find((file) => existsSync(file) && statSync(file).mtimeMs > builtAt);
  return newer && `${path.relative(root, newer)} changed since the last build`;
}

const install = installReason();
if (install) npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], install);

const build = buildReason();
if (build) {
  const started = new Date();
  npm(['run', '--silent', 'build'], build);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, '');
  // What was edited during the build is newer than this, and is built the next time.
  utimesSync(stamp, started, started);
}
