/**
 * The engine's side of its spawn server (`server.ts` says why there is one). It takes as many tasks as there are slots, once it
 * is ready; for what it does not take, the engine starts the process itself.
 */
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import type { ExitFacts } from '../../machine/task-process.ts';
import { environmentOf, type Launch, startSpawnServer, type WaitingProcess } from '../api.ts';
import { eachLine, type SpawnReport, type SpawnRequest } from './protocol.ts';
import { makePipeFolder } from './pipe-folders.ts';
import { RemoteProcess } from './remote-process.ts';
import { openSlot, type SlotEnds, slotPath } from './slots.ts';

/** What starts the processes of a layer. */
export interface SpawnerSetting {
  /** Full path of `spawner.cjs`. */
  readonly server: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Processes at once, at most. */
  readonly slots: number;
}

export class Spawner {
  /** Where its pipes are. */
  readonly folder: string;
  readonly #server: ChildProcess;
  readonly #processes = new Map<number, RemoteProcess>();
  readonly #free: string[] = [];
  readonly #exited: Promise<void>;
  #last = 0;
  #lost = false;
  #isReady = (): void => {};
  /** Resolves when it takes tasks, or has ended. */
  readonly ready: Promise<void>;

  private constructor(folder: string, { server, environment, slots }: SpawnerSetting) {
    this.folder = folder;
    this.#server = startSpawnServer([server, folder, String(slots)], environment);
    this.#exited = new Promise((resolve) => {
      this.#server.once('exit', () => resolve());
      this.#server.once('error', () => resolve());
    });
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    void this.#exited.then(() => this.#lose());
    if (this.#server.stdout === null) return;
    eachLine(this.#server.stdout, (line) => this.#hear(JSON.parse(line) as SpawnReport, slots));
  }

  /** Starts the server; it takes tasks when it is ready. Throws when there is no place for its pipes. */
  static async open(setting: SpawnerSetting): Promise<Spawner> {
    return new Spawner(await makePipeFolder(), setting);
  }

  /** A process that is being started; `undefined` when none can be: the server is not ready, or has no slot left. */
  start(args: readonly string[], launch: Launch, started: (pid: number) => void): WaitingProcess | undefined {
    const slot = this.#free.pop();
    if (slot === undefined) return undefined;
    let ends: SlotEnds;
    try {
      ends = openSlot(slot);
    } catch {
      this.#free.push(slot);
      return undefined; // out of file descriptors: starting it in the other way says so
    }
    this.#last += 1;
    const id = this.#last;
    const process = new RemoteProcess(ends, {
      started,
      ended: (clean) => {
        this.#processes.delete(id);
        // A child of the task that still holds its pipes could print into those of the next.
        if (clean && !this.#lost) this.#free.push(slot);
      },
    });
    this.#processes.set(id, process);
    const request: SpawnRequest = { id, slot, args, environment: environmentOf(launch) };
    this.#server.stdin?.write(`${JSON.stringify(request)}\n`);
    return process;
  }

  /** Ends the server; all its processes must have ended. */
  async close(): Promise<void> {
    this.#server.stdin?.end();
    await this.#exited;
    await rm(this.folder, { recursive: true, force: true });
  }

  #hear(report: SpawnReport, slots: number): void {
    if ('ready' in report) {
      for (let slot = 0; slot < slots; slot += 1) this.#free.push(slotPath(this.folder, slot));
      this.#isReady();
      return;
    }
    const process = this.#processes.get(report.id);
    if ('pid' in report) process?.begin(report.pid);
    else process?.end(factsOf(report));
  }

  /** Somebody has ended the server: nobody will tell how its processes end. */
  #lose(): void {
    this.#lost = true;
    this.#free.length = 0;
    this.#isReady();
    const lost =
      'the process that starts tasks for Leat was ended by something outside Leat, and the task with it';
    for (const process of this.#processes.values()) process.end({ lost });
  }
}

function factsOf(report: Exclude<SpawnReport, { ready: true } | { pid: number }>): ExitFacts {
  if ('error' in report) return { error: new Error(report.error) };
  return report.code === null ? { signal: report.signal ?? 'unknown' } : { code: report.code };
}
