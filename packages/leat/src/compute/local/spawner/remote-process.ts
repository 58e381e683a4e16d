import type { Readable } from 'node:stream';
import type { ExitFacts } from '../../machine/task-process.ts';
import { outputLingerMs, signalGroup, type WaitingProcess } from '../api.ts';
import type { SlotEnds } from './slots.ts';

/** What a {@link RemoteProcess} tells. */
export interface RemoteEvents {
  /** It runs; it has been told nothing yet. */
  readonly started: (pid: number) => void;
  /** It is gone and its output is read. `clean`: to the end, so that its pipes are free for another. */
  readonly ended: (clean: boolean) => void;
}

/** A process that another one has started for us: its number comes a moment later, and what it is sent waits for that. */
export class RemoteProcess implements WaitingProcess {
  readonly stdout: Readable;
  readonly outputLingerMs: number = outputLingerMs;
  readonly stderr: Readable;
  readonly exited: Promise<ExitFacts>;
  readonly #ends: SlotEnds;
  readonly #events: RemoteEvents;
  #resolve: (facts: ExitFacts) => void = () => undefined;
  #pid: number | undefined;
  #gone = false;
  #message: string | undefined;
  #signal: NodeJS.Signals | undefined;
  #reading = 3;
  #clean = true;

  constructor(ends: SlotEnds, events: RemoteEvents) {
    this.#ends = ends;
    this.#events = events;
    this.stdout = ends.stdout;
    this.stderr = ends.stderr;
    this.exited = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const stream of [this.stdout, this.stderr]) {
      stream.once('close', () => {
        this.#clean &&= stream.readableEnded;
        this.#closed();
      });
    }
  }

  gone(): boolean {
    return this.#gone;
  }

  /** The message goes out once the process is known: nothing runs for us that nobody could end. */
  send(line: string): void {
    if (this.#gone) return;
    if (this.#pid === undefined) this.#message = line;
    else this.#ends.send(line);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#gone) return;
    if (this.#pid === undefined) this.#signal = signal;
    else signalGroup(this.#pid, signal);
  }

  /** It runs under this number. */
  begin(pid: number): void {
    this.#pid = pid;
    this.#events.started(pid);
    if (this.#signal !== undefined) signalGroup(pid, this.#signal);
    if (this.#message !== undefined) this.#ends.send(this.#message);
    this.#message = undefined;
  }

  /** It has ended, or was never started. */
  end(facts: ExitFacts): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#ends.abandon();
    if (this.#pid === undefined) for (const stream of [this.stdout, this.stderr]) stream.destroy();
    // What a task has started ends with it: the server sees to that, unless it is the server that is lost.
    else if (facts.lost !== undefined) signalGroup(this.#pid, 'SIGKILL');
    this.#resolve(facts);
    this.#closed();
  }

  #closed(): void {
    this.#reading -= 1;
    if (this.#reading === 0) this.#events.ended(this.#clean);
  }
}
