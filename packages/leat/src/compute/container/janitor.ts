import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

/** A janitor that dies is started again, but not for ever: something on this machine does not want it. */
const mostStarts = 5;

/** As little memory of its own as can be: it waits. */
const flags: readonly string[] = ['--v8-pool-size=0', '--max-semi-space-size=1'];

/** What the janitor is told; of each the last one holds. */
export type Belonging =
  /** Where the container engine listens. */
  | 'socket'
  /** A folder that goes with the engine of Leat. */
  | 'folder'
  /** The number of a process that does: the container engine that was started for it. */
  | 'service'
  /** Nothing is left to do. */
  | 'done';

/** The process that outlives the engine just long enough to remove its containers; some minutes when the container engine is away. */
export class Janitor {
  readonly #program: string;
  readonly #owner: string;
  readonly #told = new Map<Belonging, string>();
  #child: ChildProcess | undefined;
  #starts = 0;
  #closed = false;

  /** `runner`: the program of tasks, which the janitor's lies beside. `owner`: value of the containers' label. */
  constructor(runner: string, owner: string) {
    this.#program = path.join(path.dirname(runner), 'janitor.cjs');
    this.#owner = owner;
    this.#start();
  }

  /** From now on this goes with the engine. */
  tell(what: Belonging, value: string): void {
    // A name of two lines would be read as two orders.
    if (value.includes('\n')) return;
    this.#told.set(what, value);
    this.#child?.stdin?.write(`${what} ${value}\n`);
  }

  /** Not all is tidied up: it does that now, as after the death of this process, and nobody waits for it. */
  leave(): void {
    this.#closed = true;
    this.#child?.stdin?.end();
  }

  /** All is tidied up. */
  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    const ended = new Promise((resolve) => {
      child.once('exit', resolve);
    });
    this.tell('done', '');
    child.stdin?.end();
    await ended;
  }

  #start(): void {
    this.#starts += 1;
    // A session of its own: what ends the engine must not end it.
    const child = spawn(process.execPath, [...flags, this.#program, this.#owner], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.on('error', () => undefined);
    const gone = (): void => {
      if (this.#child === child) this.#child = undefined;
      if (!this.#closed && this.#starts < mostStarts) this.#start();
    };
    child.once('error', gone);
    child.once('exit', gone);
    child.unref();
    this.#child = child;
    for (const [what, value] of this.#told) child.stdin.write(`${what} ${value}\n`);
  }
}
