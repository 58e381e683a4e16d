/** Containers from their creation to their removal, each as the process of a task. */
import type { ExitFacts, TaskProcess } from '../machine/task-process.ts';
import type { ContainerState, CreateRequest, EngineApi } from './api.ts';
import { ContainerOutput } from './container-output.ts';
import { EndWatch, type Rest, rested } from './end-watch.ts';
import { EngineError } from './engine-error.ts';
import { readToldEnd } from './init-script.ts';
import { exitOf, isRunning, type MadeOf } from './job-status.ts';
import { isRemoved, killUntilGone, removeUntilGone } from './kill.ts';

const firstLookMs = 20;
const lastLookMs = 640;

/** No other process holds the streams of a container: they end with it, once all was read that is still on its way. In milliseconds. */
const outputLingerMs = 60_000;

/** A container that is to be. */
export interface WantedContainer {
  readonly name: string;
  readonly request: CreateRequest;
  readonly made: MadeOf;
  /** What its first process has left. */
  readonly readEnd: () => Promise<string>;
}

/** A container that runs a task. */
export interface StartedContainer extends TaskProcess {
  /** It has ended and is gone; one that could not be removed is removed later. */
  readonly removed: Promise<void>;
}

/** What is asked of the engine. */
type Asked = 'attach' | 'breaks' | 'create' | 'follow' | 'inspect' | 'kill' | 'remove' | 'start';

export class Containers {
  readonly #api: Pick<EngineApi, Asked>;
  readonly #rest: Rest;
  readonly #leaving = new AbortController();

  constructor(api: Pick<EngineApi, Asked>, rest: Rest = rested) {
    this.#api = api;
    this.#rest = rest;
  }

  /** Removes nothing any more: whoever calls this does it. */
  leave(): void {
    this.#leaving.abort();
  }

  /** Starts one; it is removed when it has ended, or when nobody can tell whether it has. Throws what the engine said, and leaves nothing, when it cannot be started. */
  async start(wanted: WantedContainer): Promise<StartedContainer> {
    const id = await this.#create(wanted);
    const output = new ContainerOutput();
    try {
      const { breaks } = this.#api;
      const taken = output.take(await this.#api.attach(id));
      await this.#api.start(id);
      const printed = taken.then(async () => this.#takeRest(id, output, breaks));
      const watch = new EndWatch(this.#api, id, this.#rest);
      const ended = this.#end(wanted, watch.ended(printed));
      const exited = ended.catch((error: unknown): ExitFacts => ({ lost: untold(error) }));
      const over = new AbortController();
      void exited.finally(() => over.abort());
      return {
        stdout: output.stdout,
        stderr: output.stderr,
        outputLingerMs,
        exited,
        signal: this.#signaller(id, watch, over.signal),
        // One that was given up may run and print: what it prints is not waited for, or it would run on beside the next attempt.
        removed: ended.then(async () => printed, ignored).then(async () => this.#remove(id)),
      };
    } catch (error) {
      await this.#remove(id);
      throw error;
    }
  }

  /** A kill is repeated until it has worked; whoever sends anything else sends a kill after it. */
  #signaller(id: string, watch: EndWatch, over: AbortSignal): TaskProcess['signal'] {
    let killing = false;
    return (signal) => {
      if (signal !== 'SIGKILL') void this.#api.kill(id, signal).catch(() => undefined);
      else if (!killing) {
        killing = true;
        void killUntilGone(this.#api, id, over).then(() => watch.hurry());
      }
    };
  }

  /** One whose answer did not come in time may be there all the same. */
  async #create({ name, request }: WantedContainer): Promise<string> {
    try {
      return await this.#api.create(name, request);
    } catch (error) {
      if (!(error instanceof EngineError) || error.status === 0) await this.#remove(name);
      throw error;
    }
  }

  /** The connection has ended: with the container, or by itself. Resolves when all that it printed was read. */
  async #takeRest(id: string, output: ContainerOutput, breaks: number): Promise<void> {
    try {
      // It has closed its streams, or the connection broke: the engine's log has what was missed.
      while (await this.#stillRuns(id)) await output.takeRest(await this.#api.follow(id));
      if (this.#api.breaks !== breaks) await output.takeRest(await this.#api.follow(id));
    } catch {
      // Nobody answers: whoever watches for its end says so.
    } finally {
      output.end();
    }
  }

  /** The end of a container is known a moment later than that of its output. */
  async #stillRuns(id: string): Promise<boolean> {
    for (let waitMs = firstLookMs; waitMs <= lastLookMs; waitMs *= 2) {
      if (!isRunning(await this.#api.inspect(id))) return false;
      await this.#rest(waitMs);
    }
    return isRunning(await this.#api.inspect(id));
  }

  /** Throws when the engine does not tell. */
  async #end(wanted: WantedContainer, ended: Promise<ContainerState | undefined>): Promise<ExitFacts> {
    const state = await ended;
    const told = readToldEnd(await wanted.readEnd().catch(() => ''));
    return exitOf(state, told, wanted.made);
  }

  /** Also of one that runs. When it cannot be done now, nobody waits for it, and it is tried again until it is done or the layer is closed, which does it then. */
  async #remove(id: string): Promise<void> {
    if (!(await isRemoved(this.#api, id))) void removeUntilGone(this.#api, id, this.#leaving.signal);
  }
}

/** Why nobody can say how it ended. */
function untold(error: unknown): string {
  const { message } = error as Error;
  return error instanceof EngineError && error.status !== 0
    ? `the container engine does not tell of its container: ${message}`
    : `the container engine no longer answers: ${message}`;
}

const ignored = (): void => undefined;
