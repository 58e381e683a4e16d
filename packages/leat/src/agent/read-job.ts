/** What layers read of a remote job: how it ended, and what it printed, live or afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Datastore, ObjectFacts } from '../datastore/datastore.ts';
import { decodeEnd, type EndRecord, type StoredEnd } from './end-record.ts';
import { endKey, executionOf, jobPrefix, pieceKey, printedPrefix, tryOf } from './job-keys.ts';
import { decodeFrames, type PrintedChunk } from './log-frames.ts';

/** A piece of a job's output, and which execution of the job has printed it. */
export interface OutputChunk extends PrintedChunk {
  /** Sorts by the start of the execution; for {@link readExecution}. */
  readonly execution: string;
  /** The platform's own number of the execution, where the layer has named a variable for it. */
  readonly try?: string;
}

/** How a {@link readOutput} goes on and ends. */
export interface ReadOutputOptions {
  /** Stops the reading at once. */
  readonly signal?: AbortSignal;
  /**
   * Whether the platform has said that the job is over. Without it the first end record ends the reading. A layer whose platform starts jobs
   * again by itself, or whose jobs may die with their agent, gives it: then what there is when it says so is all there will be.
   */
  readonly isOver?: () => boolean;
  /** Between two looks at a job that prints, in milliseconds: 1000 unless told. One that has printed nothing for long is looked at five times as seldom. */
  readonly lookMs?: number;
}

const defaultLookMs = 1000;
const seldom = 5;
/** More than a piece ever holds. */
const mostOfPiece = 256 * 1024 * 1024;

/**
 * How a job's last execution ended; `undefined` when none has come to an end: it runs, waits, or was killed together with its container.
 * One read. Compare `try` with the platform's last one where the platform starts jobs again by itself.
 *
 * @throws LeatError STORE_UNAVAILABLE, STORE_CORRUPT
 * @example const end = await readEnd(store, token);
 */
export async function readEnd(store: Datastore, job: string): Promise<EndRecord | undefined> {
  return (await readStoredEnd(store, job))?.record;
}

/**
 * What a job has printed, from its beginning, of all its executions; goes on while it runs. Of a small job that has ended it reads one
 * object. For each job that is
 * followed it asks the datastore once in 1 to 5 seconds.
 *
 * @throws LeatError STORE_UNAVAILABLE, STORE_CORRUPT
 * @example for await (const chunk of readOutput(store, token, { isOver: () => ended.has(token) })) yield chunk;
 */
export async function* readOutput(
  store: Datastore,
  job: string,
  options: ReadOutputOptions = {},
): AsyncGenerator<OutputChunk, void, undefined> {
  const follower = new Follower(store, job, options);
  // Asked before it is read: the platform may start the job again meanwhile.
  const wasOver = options.isOver?.() ?? true;
  const early = await readStoredEnd(store, job);
  // Then what it names is all there is.
  const all = early !== undefined && isOnly(early.record);
  if (all) yield* follower.readEnded(early);
  if (!all || !wasOver) yield* follower.follow();
}

/**
 * What one execution of a job has stored of its output, its end record left aside: for whoever finds out what is missing in it. Holds a piece at a time.
 *
 * @throws LeatError STORE_UNAVAILABLE, STORE_CORRUPT
 * @example for await (const { bytes } of readExecution(store, token, execution)) known.push(bytes);
 */
export async function* readExecution(
  store: Datastore,
  job: string,
  execution: string,
): AsyncGenerator<PrintedChunk, void, undefined> {
  const keys: string[] = [];
  for await (const { key } of store.list(printedPrefix(job)))
    if (executionOf(key) === execution) keys.push(key);
  for (const key of keys.toSorted()) {
    const bytes = await store.get(key);
    if (bytes !== undefined) yield* decodeFrames(bytes);
  }
}

/**
 * Whether a job has stored something of what its task prints: where there is no record of its end, a sign that the task had begun. One list. With `which`, the platform's
 * own number of an execution, those of another number do not count.
 *
 * @throws LeatError STORE_UNAVAILABLE
 * @example const began = end !== undefined || (await hasPrinted(store, token, '2'));
 */
export async function hasPrinted(store: Datastore, job: string, which?: string): Promise<boolean> {
  for await (const { key } of store.list(printedPrefix(job))) {
    const number = tryOf(executionOf(key));
    if (which === undefined || number === undefined || number === which) return true;
  }
  return false;
}

/** Removes all that a job has left. Call it when its output has been read and the job is over. @throws LeatError STORE_UNAVAILABLE */
export async function removeTraces(store: Datastore, job: string): Promise<void> {
  const end = await readEnd(store, job);
  // Without a list, which costs more than it takes to remove what is known.
  if (end !== undefined && isOnly(end)) {
    const pieces = Array.from({ length: end.printed.pieces }, (_, at) => pieceKey(job, end.execution, at));
    await store.delete([endKey(job), ...pieces]);
    return;
  }
  const keys: string[] = [];
  for await (const { key } of store.list(jobPrefix(job))) keys.push(key);
  if (keys.length > 0) await store.delete(keys);
}

/** Whether the execution that has left this is the only one, as far as is known: neither was there one before, nor was it told to stop, to be started again. */
const isOnly = ({ try: which, stopped }: EndRecord): boolean =>
  stopped === undefined && (which === undefined || which === '0' || which === '1');

async function readStoredEnd(store: Datastore, job: string): Promise<StoredEnd | undefined> {
  const bytes = await store.get(endKey(job));
  return bytes === undefined ? undefined : decodeEnd(bytes);
}

function* chunksOf(execution: string, frames: Uint8Array): Generator<OutputChunk, void, undefined> {
  const which = tryOf(execution);
  for (const chunk of decodeFrames(frames))
    yield { ...chunk, execution, ...(which === undefined ? {} : { try: which }) };
}

/** Goes through what a job has stored in the order of its names: executions by their start, and the pieces of each by number. */
class Follower {
  readonly #store: Datastore;
  readonly #job: string;
  readonly #options: ReadOutputOptions;
  /** By piece: bytes that were read, and `Infinity` when it is known to be finished. */
  readonly #read = new Map<string, number>();
  /** The execution whose end was read last. */
  #ended: string | undefined;

  constructor(store: Datastore, job: string, options: ReadOutputOptions) {
    this.#store = store;
    this.#job = job;
    this.#options = options;
  }

  /** What an end record names. */
  async *readEnded(end: StoredEnd): AsyncGenerator<OutputChunk, void, undefined> {
    const { execution, printed } = end.record;
    for (let at = 0; at < printed.pieces && !this.#aborted; at += 1)
      yield* this.#readPiece(pieceKey(this.#job, execution, at), undefined);
    yield* this.#readLast(end);
  }

  async *follow(): AsyncGenerator<OutputChunk, void, undefined> {
    const { isOver, lookMs = defaultLookMs } = this.#options;
    for (let pause = lookMs; !this.#aborted;) {
      // Asked before the look: nothing is printed after the platform has said so.
      const last = isOver?.() ?? false;
      let printed = false;
      for await (const chunk of this.#look()) {
        printed = true;
        yield chunk;
        if (this.#aborted) return;
      }
      if (last || (isOver === undefined && this.#ended !== undefined)) return;
      pause = printed ? lookMs : Math.min(seldom * lookMs, pause * 1.5);
      await this.#pause(pause);
    }
  }

  /** All that is new. */
  async *#look(): AsyncGenerator<OutputChunk, void, undefined> {
    const { executions, ended } = await this.#list();
    const stored = ended ? await readStoredEnd(this.#store, this.#job) : undefined;
    const end = stored?.record.execution;
    for (const [execution, pieces] of executions) {
      for (const [at, { key, size }] of pieces.entries()) {
        // A piece is finished before the next one, or the end, is stored.
        const isFinished = at < pieces.length - 1 || execution === end;
        yield* this.#readPiece(key, isFinished ? undefined : size);
      }
      if (stored !== undefined && execution === end) yield* this.#readLast(stored);
    }
    if (stored !== undefined) yield* this.#readLast(stored);
  }

  /** The pieces of each execution, in order. */
  async #list(): Promise<{
    readonly executions: ReadonlyMap<string, readonly ObjectFacts[]>;
    readonly ended: boolean;
  }> {
    const prefix = printedPrefix(this.#job);
    const pieces: ObjectFacts[] = [];
    let ended = false;
    for await (const found of this.#store.list(jobPrefix(this.#job))) {
      if (found.key.startsWith(prefix)) pieces.push(found);
      else if (found.key === endKey(this.#job)) ended = true;
    }
    const inOrder = pieces.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    return { executions: Map.groupBy(inOrder, ({ key }) => executionOf(key)), ended };
  }

  /** What is new in a piece. `size`: as far as it goes now; `undefined`: it is finished. */
  async *#readPiece(key: string, size: number | undefined): AsyncGenerator<OutputChunk, void, undefined> {
    const start = this.#read.get(key) ?? 0;
    if (start === Infinity || start === size) return;
    const bytes = await this.#store.get(key, { start, end: size ?? start + mostOfPiece });
    this.#read.set(key, size ?? Infinity);
    if (bytes !== undefined) yield* chunksOf(executionOf(key), bytes);
  }

  *#readLast({ record, printed }: StoredEnd): Generator<OutputChunk, void, undefined> {
    if (this.#ended === record.execution) return;
    this.#ended = record.execution;
    yield* chunksOf(record.execution, printed);
  }

  get #aborted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  async #pause(ms: number): Promise<void> {
    const { signal } = this.#options;
    try {
      await sleep(ms * (0.9 + Math.random() * 0.2), undefined, signal === undefined ? {} : { signal });
    } catch {
      // Aborted: the loop sees it.
    }
  }
}
