/**
 * Processes that are started ahead of need, so that their start overlaps with the work of others. A process serves one task
 * and is never given to a second one.
 */
import type { Launch, WaitingProcess } from './api.ts';
import { plainLaunch } from './job-spec.ts';

/** A process that waits for a task, and how it was started. */
export interface Standby {
  readonly launch: Launch;
  readonly process: WaitingProcess;
}

/** Starts a process; the reaper has to know it before it is handed out. */
export type StartProcess = (launch: Launch) => WaitingProcess;

const keyOf = ({ flags, environment }: Launch): string =>
  JSON.stringify([flags, Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

export class ProcessPool {
  readonly #start: StartProcess;
  /** Most processes that wait at once. */
  readonly #limit: number;
  #standby: Standby[] = [];
  #expected = 0;
  /** What the next attempt will probably need: the same as the last one. */
  #next: Launch = plainLaunch;

  constructor(start: StartProcess, limit: number) {
    this.#start = start;
    this.#limit = limit;
  }

  /** Takes processes that were started before there was a pool. */
  adopt(standby: readonly Standby[]): void {
    this.#standby.push(...standby);
  }

  /** This many processes will be taken soon, as far as anybody knows; it stands until the next call. Starts what is missing. */
  expect(upcoming: number): void {
    this.#expected = Math.max(0, upcoming);
    if (this.#expected === 0) void Promise.all(this.#endAll());
    this.#fill();
  }

  /** A process for one task: one that waits, or a fresh one. */
  take(launch: Launch): WaitingProcess {
    const fitting = this.#fitting(launch);
    const found = fitting.find((standby) => standby.launch.work?.kind === launch.work?.kind) ?? fitting[0];
    if (found !== undefined) this.#standby.splice(this.#standby.indexOf(found), 1);
    if (launch.standby) this.#next = launch;
    return found?.process ?? this.#start(launch);
  }

  /** Ends all that wait; resolves when they are gone. */
  async close(): Promise<void> {
    this.#expected = 0;
    await Promise.all(this.#endAll());
  }

  #fill(): void {
    this.#standby = this.#standby.filter(({ process }) => !process.gone());
    const launch = this.#next;
    const key = keyOf(launch);
    const wanted = Math.min(this.#expected, this.#limit);
    let ready = this.#fitting(launch).length;
    for (; ready < wanted; ready += 1) this.#standby.push({ launch, process: this.#start(launch) });
    // Those of an earlier step give way.
    while (this.#standby.length > this.#limit) {
      const index = this.#standby.findIndex((standby) => keyOf(standby.launch) !== key);
      for (const { process } of this.#standby.splice(Math.max(0, index), 1)) void endStandby(process);
    }
  }

  /** Those that may be given the launch's task, whatever work they were started for. */
  #fitting(launch: Launch): readonly Standby[] {
    const key = keyOf(launch);
    return this.#standby.filter((standby) => keyOf(standby.launch) === key && !standby.process.gone());
  }

  #endAll(): readonly Promise<unknown>[] {
    return this.#standby.splice(0).map(async ({ process }) => endStandby(process));
  }
}

/** Ends a process that waits for a task. */
export async function endStandby(process: WaitingProcess): Promise<void> {
  // A process that waits has run nothing of a task; it may hang while it loads the flow, so nothing gentler is sure to work.
  if (!process.gone()) process.signal('SIGKILL');
  process.stdout.destroy();
  process.stderr.destroy();
  await process.exited;
}
