/** Programs that tests start: where they are, a port for each, and that none is left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

/** Where a project's own tests put programs that no package manager of the machine has. */
const ownPrograms = join('.cache', 'test-programs', 'bin');

/**
 * Full path of a program: in `.cache/test-programs/bin` of the working folder or one above, else on the PATH.
 *
 * @throws Error saying what to install
 */
export function findProgram(name: string, install: string): string {
  const folders = above(process.cwd()).map((folder) => join(folder, ownPrograms));
  const found = [...folders, ...(process.env['PATH'] ?? '').split(delimiter)]
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error(`there is no ${name}: ${install}`);
  return found;
}

function above(folder: string): readonly string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...above(dirname(folder))];
}

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** What to start. */
export interface ServerSetting {
  /** Full path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly uid?: number;
  readonly gid?: number;
  /** Where it listens once it is ready. */
  readonly port: number;
}

const readyMs = 90_000;
const betweenLooksMs = 50;
const graceMs = 5_000;

/** A server that runs until it is stopped, or this process ends. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #output: string;
  readonly #kill = (): void => void this.#child.kill('SIGKILL');

  private constructor(child: ChildProcess, output: string) {
    this.#child = child;
    this.#output = output;
    process.once('exit', this.#kill);
  }

  /** Starts it, and resolves when it takes connections. @throws Error with what it has printed, when it ends before */
  static async start({ program, args, port, env = {}, ...account }: ServerSetting): Promise<ServerProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'leat-server-'));
    const output = join(folder, 'output');
    const descriptor = openSync(output, 'a');
    const child = spawn(program, [...args], {
      ...account,
      env: { ...process.env, ...env },
      stdio: ['ignore', descriptor, descriptor],
    });
    const failure = once(child, 'error').then(([error]) => error as Error);
    closeSync(descriptor);
    const server = new ServerProcess(child, folder);
    for (const since = Date.now(); !(await takesConnections(port)); await pause()) {
      if (
        child.exitCode === null &&
        child.signalCode === null &&
        child.pid !== undefined &&
        Date.now() - since < readyMs
      )
        continue;
      const said = child.pid === undefined ? String(await failure) : readFileSync(output, 'utf8');
      await server.stop();
      throw new Error(`${program} does not run:\n${said}`);
    }
    return server;
  }

  /** What it has printed so far. */
  get output(): string {
    return readFileSync(join(this.#output, 'output'), 'utf8');
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill);
    const child = this.#child;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(force);
    }
    rmSync(this.#output, { recursive: true, force: true });
  }
}

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, betweenLooksMs);
  });

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
