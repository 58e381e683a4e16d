/**
 * What a task prints, from its two pipes to the one reader of the job's log: in order, in bounded memory. When nobody reads,
 * the pipes fill and the task waits, as with any pipe.
 */
import type { Readable } from 'node:stream';
import type { LogChunk } from '../compute-layer.ts';
import { HeapWatch } from './heap-watch.ts';

/** Bytes held for a reader that is behind. */
const highWater = 256 * 1024;
/** A child that left the process group may keep the pipes open: they are given up this long after the task's end. */
const lingerMs = 2000;

export class JobOutput {
  readonly #streams: readonly Readable[];
  readonly #watch = new HeapWatch();
  #queue: LogChunk[] = [];
  #queued = 0;
  #open = 2;
  #ended = false;
  #wake: (() => void) | undefined;
  #linger: NodeJS.Timeout | undefined;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;

  constructor(stdout: Readable, stderr: Readable) {
    this.#streams = [stdout, stderr];
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#follow(stdout, 'stdout');
    this.#follow(stderr, 'stderr');
  }

  /** Whether V8 has said on stderr that its heap is exhausted. */
  get heapExhausted(): boolean {
    return this.#watch.found;
  }

  /** The process has ended: what is still in its pipes is read whole, reader or not (the kernel bounds it). Resolves when both have ended. */
  async processEnded(): Promise<void> {
    this.#ended = true;
    if (this.#open > 0) {
      for (const stream of this.#streams) stream.resume();
      this.#linger = setTimeout(() => {
        for (const stream of this.#streams) stream.destroy();
      }, lingerMs);
    }
    await this.#closed;
  }

  /** The chunks from the beginning; for one reader. */
  async *chunks(): AsyncGenerator<LogChunk, void, undefined> {
    for (;;) {
      const batch = this.#queue;
      this.#queue = [];
      this.#queued = 0;
      if (this.#open > 0) for (const stream of this.#streams) stream.resume();
      yield* batch;
      if (this.#queue.length > 0) continue;
      if (this.#open === 0) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #follow(stream: Readable, name: LogChunk['stream']): void {
    stream.on('data', (bytes: Buffer) => {
      if (name === 'stderr') this.#watch.see(bytes);
      this.#queue.push({ stream: name, bytes });
      this.#queued += bytes.length;
      if (this.#queued >= highWater && !this.#ended) for (const each of this.#streams) each.pause();
      this.#signal();
    });
    // A pipe that breaks has nothing more to say; 'close' follows.
    stream.on('error', () => undefined);
    stream.once('close', () => {
      this.#open -= 1;
      if (this.#open === 0) {
        clearTimeout(this.#linger);
        this.#resolveClosed();
      }
      this.#signal();
    });
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
