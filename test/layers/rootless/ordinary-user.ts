/** An ordinary user of this machine for one test file, who may make user namespaces as those that `useradd` makes may; needs root. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { randomBytes } from 'node:crypto';
import { imageFolder, type Said, type TestImage, writeContainersConf } from '@leat/testing';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');

/** Ids of a user's namespace beyond his own; what `useradd` gives. */
const subordinates = 65_536;

/**
 * Runs a command as somebody else. Where a folder above the repository is closed to others (`$3`), he sees the repository in its place all the
 * same, in a space of mounts of his own.
 */
const become = `
if [ -n "$3" ]; then
  hold=$(mktemp -d) && mount --bind "$4" "$hold" && mount -t tmpfs -o mode=755 tmpfs "$3" && mkdir -p "$4" && mount --bind "$hold" "$4" || exit 70
fi
uid=$1; gid=$2; shift 4
exec setpriv --reuid="$uid" --regid="$gid" --clear-groups --inh-caps=-all -- "$@"`;

/** See the file's header. */
export class OrdinaryUser {
  readonly name: string;
  readonly home: string;
  readonly uid: number;
  readonly gid: number;
  /** What his programs are started with. */
  readonly environment: NodeJS.ProcessEnv;
  /** A program and its first arguments that start any other as him. */
  readonly launcher: readonly string[];

  private constructor(name: string, home: string) {
    const { uid, gid } = statSync(home);
    this.name = name;
    this.home = home;
    this.uid = uid;
    this.gid = gid;
    const runtime = path.join(home, 'runtime');
    mkdirSync(runtime, { mode: 0o700 });
    const conf = writeContainersConf(home);
    for (const file of [runtime, conf]) chownSync(file, uid, gid);
    this.environment = {
      PATH: process.env['PATH'],
      HOME: home,
      USER: name,
      XDG_RUNTIME_DIR: runtime,
      TMPDIR: '/tmp',
      CONTAINERS_CONF: conf,
    };
    const ids = [`${uid}`, `${gid}`, closedAbove(repository) ?? '', repository];
    this.launcher = [
      'unshare',
      '--mount',
      '--propagation',
      'private',
      '/bin/sh',
      '-c',
      become,
      'become',
      ...ids,
    ];
  }

  static async create(): Promise<OrdinaryUser> {
    const name = `leat-${randomBytes(4).toString('hex')}`;
    const home = path.join('/home', name);
    await run('useradd', ['--create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
    for (const kind of ['uid', 'gid'] as const) {
      const file = `/etc/sub${kind}`;
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      if (text.includes(`${name}:`)) continue;
      const first = firstFree(text);
      await run('usermod', [`--add-sub${kind}s`, `${first}-${first + subordinates - 1}`, name]);
    }
    return new OrdinaryUser(name, home);
  }

  /** Runs a program as him to its end; `input` goes to its stdin. */
  async call(
    [command = '', ...args]: readonly string[],
    env: NodeJS.ProcessEnv = {},
    input?: NodeJS.ReadableStream,
  ): Promise<Said> {
    const [launcher = '', ...first] = this.launcher;
    const child = spawn(launcher, [...first, command, ...args], {
      cwd: this.home,
      env: { ...this.environment, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    if (input === undefined) child.stdin.end();
    else input.pipe(child.stdin);
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, ...said };
  }

  /** Makes an image in his storage; its name. */
  async image(image: TestImage): Promise<string> {
    const name = `localhost/leat-test-${image}:1`;
    const tar = spawn('tar', ['-C', imageFolder(image), '--owner=0', '--group=0', '-c', '.'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const changes = ['-c', 'ENV=PATH=/usr/local/bin:/usr/bin:/bin'];
    const made = await this.call(['podman', 'import', ...changes, '-', name], {}, tar.stdout);
    if (made.code !== 0) throw new Error(`podman of ${this.name} cannot make an image: ${made.stderr}`);
    return name;
  }

  /** Gives him a file or folder. */
  give(file: string): void {
    chownSync(file, this.uid, this.gid);
  }

  /** Ends what he runs, and removes him with all that he has. */
  async remove(): Promise<void> {
    await this.call(['podman', 'system', 'reset', '--force']);
    for (let look = 0; look < 100 && this.#end(); look += 1) await setTimeout(50);
    await run('userdel', ['--remove', this.name]).catch(() => undefined);
  }

  /** Whether there was something. */
  #end(): boolean {
    const his = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && ownerOf(pid) === this.uid);
    for (const pid of his) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    return his.length > 0;
  }
}

function ownerOf(pid: string): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return undefined;
  }
}

/** The first folder above that others cannot go through. */
function closedAbove(folder: string): string | undefined {
  const parent = path.dirname(folder);
  const above = parent === folder ? undefined : closedAbove(parent);
  return above ?? ((statSync(parent).mode & 0o001) === 0 ? parent : undefined);
}

/** After all that others have. */
function firstFree(text: string): number {
  const ends = [...text.matchAll(/^[^:]+:(\d+):(\d+)$/gm)].map(
    ([, first, count]) => Number(first) + Number(count),
  );
  return Math.max(100_000, ...ends);
}
