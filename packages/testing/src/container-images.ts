/**
 * Small images for tests, made of this machine's own programs, so that no registry is needed: Linux with glibc, as Debian has it. Each is made
 * once: its file system under `.cache/`, the image in podman's storage.
 */
import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ContainerEngine } from './container-engine.ts';

/**
 * `node`: Node 24 or newer and a shell. `python`: Python 3, no Node, no curl, no wget; and like the slim images of Python without libatomic, which Node needs. `curl`:
 * curl and no Python. `bare`: a shell, and nothing that could download. `busybox`: busybox and musl, no glibc. `distroless`: glibc, and no program at all.
 * `empty`: folders and nothing else, as for a program that needs no library.
 */
export type TestImage = 'node' | 'python' | 'curl' | 'bare' | 'busybox' | 'distroless' | 'empty';

/** Rises when the recipes change: older images are not taken. */
const recipes = 2;

/** Programs of every image with glibc. */
const ordinary =
  'dash cat chmod chown cp cut date dd dirname echo env expr false gzip head id kill ln ls mkdir mktemp mv ps pwd readlink rm rmdir sed seq sha256sum sleep sort stat tail tar test touch tr true uname wc';

/** What every image with glibc has, whether its programs need it or not; hosts are looked up by some of them. */
const libraries =
  'libc.so.6,libdl.so.2,libm.so.6,libpthread.so.0,librt.so.1,libstdc++.so.6,libgcc_s.so.1,libnss_dns.so.2,libnss_files.so.2,libresolv.so.2';

const cache = path.resolve('.cache/container-images');

interface Recipe {
  readonly programs: readonly string[];
  /** More for the file system. */
  readonly add?: (root: string) => void;
}

const withPython = (root: string): void => {
  for (const folder of globSync('/usr/lib/python3.*')) {
    cpSync(folder, path.join(root, folder), {
      recursive: true,
      filter: (file) => !/__pycache__|\/(?:test|idlelib|tkinter|ensurepip|lib2to3)(?:\/|$)/.test(file),
    });
    // What its modules in C need.
    for (const module of globSync(`${folder}/lib-dynload/*.so`)) addLibraries(root, module);
  }
};

const withLoader = (root: string): void => {
  for (const loader of globSync('/{lib,lib64}/ld-linux-*.so.?')) copyInto(root, loader);
  for (const library of globSync('/lib/*-linux-gnu/lib{c,dl,m,pthread,rt}.so.?')) copyInto(root, library);
};

type Described = 'node' | 'python' | 'curl' | 'bare';

const glibc: Readonly<Record<Described, Recipe>> = {
  node: { programs: [process.execPath] },
  python: { programs: ['python3'], add: withPython },
  curl: { programs: ['curl'] },
  bare: { programs: [] },
};

/**
 * The folder with an image's file system, for `chroot` and the like; made when it is not there yet. Do not change it.
 *
 * @throws Error when a program that goes into it is not installed here
 */
export function imageFolder(image: TestImage): string {
  const folder = path.join(cache, `${image}-${hashOf(image)}`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${randomUUID()}`;
  mkdirSync(draft, { recursive: true });
  try {
    fill(draft, image);
    // Another process may have been quicker.
    if (!existsSync(folder)) renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

function fill(root: string, image: TestImage): void {
  if (isDescribed(image)) return addGlibc(root, glibc[image]);
  addSkeleton(root);
  if (image === 'busybox') addBusybox(root);
  if (image === 'distroless') withLoader(root);
}

const isDescribed = (image: TestImage): image is Described => Object.hasOwn(glibc, image);

/** Programs that go into an image. */
function programsOf(image: TestImage): readonly string[] {
  if (isDescribed(image)) return [...ordinary.split(' '), ...glibc[image].programs];
  return image === 'busybox' ? ['busybox'] : [];
}

/**
 * The name of an image in podman's storage; made when it is not there yet.
 *
 * @example await engine.podman('run', '--rm', await testImage(engine, 'python'), 'python3', '-c', 'print(6*7)');
 */
export async function testImage(engine: Pick<ContainerEngine, 'podman'>, image: TestImage): Promise<string> {
  const name = `localhost/leat-test-${image}:${hashOf(image)}`;
  if ((await engine.podman('image', 'exists', name)).code === 0) return name;
  await importFolder(engine, imageFolder(image), name);
  return name;
}

/** An image of a test's own: one of ours, and more. */
export interface OwnImage {
  /** What it begins with. */
  readonly base: Exclude<TestImage, 'busybox'>;
  /** Another version is another image: to be changed with what is below. */
  readonly version: string;
  /** More programs of this machine. Their shared libraries come along. */
  readonly programs?: readonly string[];
  /** Adds to the folder that becomes its file system. */
  readonly add?: (folder: string) => void;
  /** Variables of each of its containers. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * The same for an image of a test's own.
 *
 * @throws Error when a program that goes into it is not installed here
 * @example await ownImage(engine, 'python-bash', { base: 'python', version: '1', programs: ['bash'] });
 */
export async function ownImage(
  engine: Pick<ContainerEngine, 'podman'>,
  kind: string,
  { base, version, programs = [], add, environment }: OwnImage,
): Promise<string> {
  const name = `localhost/leat-test-${kind}:${version}-${hashOf(base)}`;
  if ((await engine.podman('image', 'exists', name)).code === 0) return name;
  const folder = path.join(cache, `${kind}.${randomUUID()}`);
  try {
    cpSync(imageFolder(base), folder, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    for (const program of programs) addProgram(folder, program, program);
    add?.(folder);
    await importFolder(engine, folder, name, environment);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return name;
}

async function importFolder(
  engine: Pick<ContainerEngine, 'podman'>,
  folder: string,
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const archive = `${folder}.${randomUUID()}.tar`;
  const variables = { PATH: '/usr/local/bin:/usr/bin:/bin', ...environment };
  const changes = Object.entries(variables).map(([variable, value]) => `ENV=${variable}=${value}`);
  try {
    execFileSync('tar', ['-C', folder, '--owner=0', '--group=0', '--numeric-owner', '-cf', archive, '.']);
    const args = ['CMD=["/bin/sh"]', ...changes].flatMap((change) => ['-c', change]);
    const made = await engine.podman('import', ...args, archive, name);
    if (made.code !== 0) throw new Error(`the image ${name} could not be made: ${made.stderr}`);
  } finally {
    rmSync(archive, { force: true });
  }
}

function hashOf(image: TestImage): string {
  const facts = programsOf(image)
    .map(findProgram)
    .map((file) => `${file} ${statSync(file).size}`);
  return createHash('sha256')
    .update([recipes, ...facts].join('\n'))
    .digest('hex')
    .slice(0, 12);
}

function findProgram(name: string): string {
  if (path.isAbsolute(name)) return name;
  // The system's before what a package of npm, a virtual environment or a version manager has under that name.
  const folders = ['/usr/bin', '/bin', ...(process.env['PATH'] ?? '').split(path.delimiter)];
  const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  if (found === undefined) throw new Error(`there is no ${name} on this machine: the image needs it`);
  return found;
}

function addGlibc(root: string, { programs, add }: Recipe): void {
  addSkeleton(root);
  for (const program of ordinary.split(' ')) addProgram(root, program, program);
  symlinkSync('dash', path.join(root, 'usr/bin/sh'));
  for (const program of programs) addProgram(root, program, path.basename(program));
  add?.(root);
  for (const library of globSync(`/lib/*-linux-gnu/{${libraries}}`)) copyInto(root, library);
}

function addBusybox(root: string): void {
  const busybox = path.join(root, 'usr/bin/busybox');
  copyFileSync(realpathSync(findProgram('busybox')), busybox);
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets)
    if (applet !== 'busybox') symlinkSync('busybox', path.join(root, 'usr/bin', applet));
  for (const loader of globSync('/lib/ld-musl-*.so.1')) copyInto(root, loader);
}

function addSkeleton(root: string): void {
  for (const folder of ['usr/bin', 'usr/lib', 'usr/lib64', 'usr/local/bin', 'etc/ssl/certs', 'root'])
    mkdirSync(path.join(root, folder), { recursive: true });
  for (const folder of ['proc', 'sys', 'dev', 'tmp', 'var/tmp'])
    mkdirSync(path.join(root, folder), { recursive: true });
  for (const folder of ['tmp', 'var/tmp']) chmodSync(path.join(root, folder), 0o1777);
  for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, path.join(root, name));
  writeFileSync(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(path.join(root, 'etc/group'), 'root:x:0:\n');
  writeFileSync(path.join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(certificates)) copyFileSync(certificates, path.join(root, certificates));
}

function addProgram(root: string, program: string, name: string): void {
  const file = realpathSync(findProgram(program));
  const target = path.join(root, 'usr/bin', name);
  copyFileSync(file, target);
  chmodSync(target, 0o755);
  addLibraries(root, file);
}

/** The shared libraries of a program, and the loader. */
function addLibraries(root: string, file: string): void {
  const said = execFileSync('sh', ['-c', 'ldd "$1" 2>&1 || true', 'ldd', file], { encoding: 'utf8' });
  for (const [, library] of said.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x/gm))
    if (library !== undefined) copyInto(root, library);
}

/** Under the name that it was found by, since that is what programs ask for. */
function copyInto(root: string, file: string): void {
  const target = path.join(root, file.replace(/^\/(lib|lib64)\//, '/usr/$1/'));
  if (existsSync(target)) return;
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(realpathSync(file), target);
  chmodSync(target, 0o755);
}
