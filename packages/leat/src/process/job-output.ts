/**
 * What a task prints, from its two pipes to the one reader of the job's log: in order, in bounded memory. When nobody reads,
 * the pipes fill and the task waits, as with any pipe.
 */
import type { Readable } from 'node:stream';
import type { LogChunk } from '../compute/compute-layer.ts';
import { HeapWatch } from './heap-watch.ts';
import { MemberMarks } from './member-marks.ts';

/** Bytes held for a reader that is behind. */
const highWater = 256 * 1024;

/** What a chunk's output is read with. */
export interface MarkedOutput {
  /** See `TaskMessage.chunk.mark`. */
  readonly mark: string;
  /** Another member was seen to begin. */
  readonly memberBegan: () => void;
}

export class JobOutput {
  #streams: readonly Readable[];
  readonly #watch = new HeapWatch();
  /** Of a chunk: what tells its members' output apart, for each stream. */
  readonly #marks: readonly MemberMarks[];
  readonly #memberBegan: () => void;
  #member = 0;
  #queue: LogChunk[] = [];
  #queued = 0;
  #open = 2;
  #ended = false;
  #catchingUp = false;
  #wake: (() => void) | undefined;
  #linger: NodeJS.Timeout | undefined;
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;

  constructor(stdout: Readable, stderr: Readable, chunk?: MarkedOutput) {
    this.#streams = [stdout, stderr];
    this.#marks = chunk === undefined ? [] : [new MemberMarks(chunk.mark), new MemberMarks(chunk.mark)];
    this.#memberBegan = chunk?.memberBegan ?? ((): void => undefined);
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#follow(stdout, 'stdout', this.#marks[0]);
    this.#follow(stderr, 'stderr', this.#marks[1]);
  }

  /** Whether V8 has said on stderr that its heap is exhausted. */
  get heapExhausted(): boolean {
    return this.#watch.found;
  }

  /** Of a chunk: the member that was last seen to begin. */
  get member(): number {
    return this.#member;
  }

  /** Reads what the process has printed so far, also when no reader takes it: as much as one turn of the loop brings, which is more than pipes hold. */
  async catchUp(): Promise<void> {
    if (this.#open === 0) return;
    this.#catchingUp = true;
    for (const stream of this.#streams) stream.resume();
    // A paused stream starts to read in the next turn.
    await twoTurns();
    this.#catchingUp = false;
    this.#holdWhenFull();
  }

  /** The process has ended: what is still in its pipes is read whole, reader or not (the kernel bounds it). Resolves when both have ended, or after `lingerMs`. */
  async processEnded(lingerMs: number): Promise<void> {
    this.#ended = true;
    if (this.#open > 0) {
      for (const stream of this.#streams) stream.resume();
      this.#linger = setTimeout(() => void this.#giveUp(), lingerMs);
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

  #follow(stream: Readable, name: LogChunk['stream'], marks: MemberMarks | undefined): void {
    stream.on('data', (bytes: Buffer) => {
      if (name === 'stderr') this.#watch.see(bytes);
      if (marks === undefined) this.#add(name, [{ bytes }], bytes.length);
      else this.#takeMarked(name, marks, bytes);
    });
    // A pipe that breaks has nothing more to say; 'close' follows.
    stream.on('error', () => undefined);
    stream.once('close', () => {
      if (marks !== undefined) this.#add(name, marks.end(), 0);
      this.#open -= 1;
      if (this.#open === 0) {
        clearTimeout(this.#linger);
        // Jobs are remembered for long.
        this.#streams = [];
        this.#resolveClosed();
      }
      this.#signal();
    });
  }

  /** An engine that had its hands full may not have looked yet at what has been there for long. */
  async #giveUp(): Promise<void> {
    await twoTurns();
    for (const stream of this.#streams) stream.destroy();
  }

  #takeMarked(name: LogChunk['stream'], marks: MemberMarks, bytes: Buffer): void {
    // A small piece keeps all the bytes that came with it.
    this.#add(name, marks.push(bytes), bytes.length);
    if (marks.member <= this.#member) return;
    this.#member = marks.member;
    this.#memberBegan();
  }

  #add(stream: LogChunk['stream'], pieces: readonly Omit<LogChunk, 'stream'>[], held: number): void {
    if (pieces.length === 0) return;
    for (const piece of pieces) this.#queue.push({ stream, ...piece });
    this.#queued += held;
    this.#holdWhenFull();
    this.#signal();
  }

  #holdWhenFull(): void {
    if (this.#queued < highWater || this.#ended || this.#catchingUp) return;
    for (const stream of this.#streams) stream.pause();
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** Lets the loop look at all pipes once, whatever it is busy with. */
async function twoTurns(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await new Promise(setImmediate);
}
