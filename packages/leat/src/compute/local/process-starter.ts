/** Starts the processes of tasks: by itself while they are few, through a spawn server once they are many. */
import path from 'node:path';
import {
  argumentsOf,
  type Launch,
  type ProcessSetting,
  startTaskProcess,
  type WaitingProcess,
} from './api.ts';
import type { Reaper } from './reaper.ts';
import { Spawner } from './spawner/spawner.ts';

/** Attempts to come from which on the start of a server, 30 ms of CPU in the background, pays. */
const worthAServer = 32;

export class ProcessStarter {
  readonly #setting: ProcessSetting;
  readonly #reaper: Reaper;
  readonly #slots: number;
  #spawner: Promise<Spawner | undefined> | undefined;
  #ready: Spawner | undefined;

  /** `slots`: processes that the server has pipes for at once. */
  constructor(setting: ProcessSetting, reaper: Reaper, slots: number) {
    this.#setting = setting;
    this.#reaper = reaper;
    this.#slots = slots;
  }

  /** About this many attempts will come soon. */
  expect(upcoming: number): void {
    if (upcoming >= worthAServer) this.#spawner ??= this.#open();
  }

  /** Starts a process for a task. It waits for its `send`. Never throws. */
  start(launch: Launch): WaitingProcess {
    let group: number | undefined;
    const started = (pid: number): void => {
      group = pid;
      // Before it can have been told anything: whatever runs is known to the reaper.
      this.#reaper.adopt(pid);
    };
    const args = argumentsOf(this.#setting, launch);
    const process =
      this.#ready?.start(args, launch, started) ?? startTaskProcess(this.#setting, launch, started);
    void process.exited.then(() => {
      if (group !== undefined) this.#reaper.forget(group);
    });
    return process;
  }

  /** Ends the server; the processes must have ended. */
  async close(): Promise<void> {
    const spawner = await this.#spawner;
    this.#ready = undefined;
    if (spawner === undefined) return;
    await spawner.close();
    this.#reaper.owns(undefined);
  }

  /** Without a server tasks start more slowly, and that is all. */
  async #open(): Promise<Spawner | undefined> {
    const { runner, environment } = this.#setting;
    try {
      const server = path.join(path.dirname(runner), 'spawner.cjs');
      this.#ready = await Spawner.open({ server, environment, slots: this.#slots });
      this.#reaper.owns(this.#ready.folder);
      return this.#ready;
    } catch {
      return undefined;
    }
  }
}
