/** Podman has no daemon: where nobody has started its API, the layer does, for itself, and again should it die. */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EngineApi } from './api.ts';
import { socketName } from './layer-folder.ts';

/** Until it answers; much more than a busy machine needs. In milliseconds. */
const patienceMs = 30_000;
const lookMs = 25;
/** What it may take to end when it is asked to. In milliseconds. */
const endMs = 10_000;
/** Of what it says on stderr, for the message when it does not come up. In characters. */
const mostSaid = 2000;
/** A service that dies is started again, but not for ever. */
const mostStarts = 5;

/** Whether there is a podman to be started. */
export function hasPodman(searched: string | undefined = process.env['PATH']): boolean {
  return (searched ?? '').split(path.delimiter).some((folder) => isProgram(path.join(folder, 'podman')));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A service of our own. Containers are not its children: they go on without it. */
export class PodmanService {
  readonly socket: string;
  readonly #folder: string;
  /** What it says. A file: it ends when it writes to a pipe that nobody reads any more, and it is needed after the end of Leat, too. */
  readonly #said: string;
  readonly #started: (pid: number) => void;
  #child: ChildProcess | undefined;
  #over: string | undefined;
  #starts = 0;
  #starting: Promise<void> | undefined;
  #closed = false;

  /** `folder`: for its socket; `started` is told each process before it can have done anything. */
  constructor(folder: string, started: (pid: number) => void) {
    this.socket = path.join(folder, socketName);
    this.#folder = folder;
    this.#said = path.join(folder, 'podman.log');
    this.#started = started;
  }

  /** Starts it where it does not run, and waits until it answers. Throws with what it said when it does not come up. */
  async ensure(): Promise<void> {
    if (this.#child !== undefined && this.#over === undefined && this.#starting === undefined) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  /** Ends it. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (child === undefined || this.#over !== undefined) return;
    child.ref();
    const ended = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), endMs);
    await ended;
    clearTimeout(force);
  }

  async #start(): Promise<void> {
    if (this.#closed || this.#starts >= mostStarts) throw this.#failed(this.#over ?? 'it was ended');
    this.#starts += 1;
    rmSync(this.socket, { force: true });
    const log = openSync(this.#said, 'w');
    const child = spawn('podman', ['system', 'service', '--time=0', `unix://${this.socket}`], {
      // Ctrl-C in a terminal is the engine's to answer. What podman and its helpers leave in their working directory goes with the folder.
      detached: true,
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', log],
    });
    closeSync(log);
    this.#child = child;
    this.#over = undefined;
    const over = (how: string) => (): void => {
      if (this.#child === child) this.#over = how;
    };
    child.once('error', (error) => over(error.message)());
    child.once('exit', (code, signal) => over(`it ended with ${signal ?? code}`)());
    if (child.pid !== undefined) this.#started(child.pid);
    await this.#answers();
    // It does not keep Leat alive; `close` waits for it.
    child.unref();
  }

  async #answers(): Promise<void> {
    const api = new EngineApi(this.socket);
    const deadline = performance.now() + patienceMs;
    for (;;) {
      if (this.#over !== undefined) throw this.#failed(this.#over);
      const isUp = await api.ping().then(
        () => true,
        () => false,
      );
      if (isUp) break;
      if (performance.now() > deadline) throw this.#failed(`no answer within ${patienceMs / 1000} s`);
      await pause(lookMs);
    }
    api.close();
  }

  #failed(how: string): Error {
    const said = readFileSync(this.#said, 'utf8').slice(-mostSaid).trim();
    return new Error(`podman system service: ${how}${said === '' ? '' : `: ${said}`}`);
  }
}
