/**
 * Stores what a job prints, in pieces, while it runs: whatever happens to this process, what was stored is there and can be read. Holds a bounded
 * part of the output; whoever writes waits when the datastore is slower than the task, and when it is gone for long, output is lost rather than
 * the task kept waiting.
 */
import type { Datastore } from '../datastore/datastore.ts';
import { monotonicMs } from '../process/monotonic.ts';
import { pieceKey } from './job-keys.ts';
import { encodeFrame, type PrintedChunk } from './log-frames.ts';
import { pauseMs, withPatience } from './patience.ts';
import { pieceBytes, storeAfterMs } from './piece-policy.ts';

/** Bytes that wait to be stored before the task has to. */
const mostWaiting = 4 * 1024 * 1024;
/** Chunks of one stream within this time are one frame. In milliseconds. */
const frameMs = 200;
/** What the record of the end takes with it. */
const mostInEnd = 64 * 1024;
/** How long the rest of the output is tried to be stored. In milliseconds. */
const lastPatienceMs = 60_000;

/** When it gives up, and what time it is. */
export interface PieceWriterOptions {
  /** How long the task waits for a datastore that takes nothing before output is dropped: 30 seconds unless told. In milliseconds. */
  readonly patienceMs?: number;
}

/** What a {@link PieceWriter} leaves. */
export interface FinishedPieces {
  readonly pieces: number;
  readonly lost: number;
  /** Frames for the end record. */
  readonly rest: readonly Uint8Array[];
}

interface OpenFrame {
  readonly head: Omit<PrintedChunk, 'bytes'>;
  readonly parts: Uint8Array[];
  bytes: number;
}

export class PieceWriter {
  readonly #store: Datastore;
  readonly #keyOf: (sequence: number) => string;
  readonly #patienceMs: number;
  readonly #startedAt = monotonicMs();
  #sequence = 0;
  /** Frames of the current piece; the first `#storedParts` of them are stored. */
  #parts: Uint8Array[] = [];
  #bytes = 0;
  #storedParts = 0;
  #storedBytes = 0;
  #open: OpenFrame | undefined;
  #timer: NodeJS.Timeout | undefined;
  #storing: Promise<void> | undefined;
  #failures = 0;
  #dropping = false;
  #lost = 0;
  #lostTold = 0;

  constructor(
    store: Datastore,
    job: { readonly name: string; readonly execution: string },
    { patienceMs = 30_000 }: PieceWriterOptions = {},
  ) {
    this.#store = store;
    this.#keyOf = (sequence) => pieceKey(job.name, job.execution, sequence);
    this.#patienceMs = patienceMs;
  }

  /** Takes a chunk. A promise when the datastore is slower than the task: wait for it before the next one. Never throws. */
  write(chunk: PrintedChunk): Promise<void> | undefined {
    if (this.#waiting > mostWaiting) return this.#writeLater(chunk);
    this.#add(chunk);
    return undefined;
  }

  /**
   * There is no more. Small rests are given back for the end record when that may take them (`restInEnd`), else all is stored.
   * Never throws: what could not be stored is counted.
   */
  async finish(restInEnd: boolean): Promise<FinishedPieces> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // When one is stored the next may begin, and what that holds must not stand in the end record too.
    while (this.#storing !== undefined) await this.#storing;
    clearTimeout(this.#timer);
    this.#closeFrame();
    const rest = this.#parts.slice(this.#storedParts);
    const waiting = this.#bytes - this.#storedBytes;
    const begun = this.#sequence + (this.#storedBytes > 0 ? 1 : 0);
    if (waiting === 0 || (restInEnd && waiting <= mostInEnd))
      return { pieces: begun, lost: this.#lost, rest };
    try {
      await withPatience(lastPatienceMs, async () =>
        this.#store.put(this.#keyOf(this.#sequence), this.#parts),
      );
      return { pieces: this.#sequence + 1, lost: this.#lost, rest: [] };
    } catch {
      return { pieces: begun, lost: this.#lost + waiting, rest: [] };
    }
  }

  get #waiting(): number {
    return this.#bytes - this.#storedBytes + (this.#open?.bytes ?? 0);
  }

  async #writeLater(chunk: PrintedChunk): Promise<void> {
    const deadline = monotonicMs() + this.#patienceMs;
    while (!this.#dropping && this.#waiting > mostWaiting) {
      const left = deadline - monotonicMs();
      if (left > 0) await this.#stored(left);
      else this.#dropping = true;
    }
    if (this.#dropping && this.#waiting > mostWaiting) this.#lost += chunk.bytes.byteLength;
    else this.#add(chunk);
  }

  /** Resolves when something was stored or failed to be, or after `ms`. */
  async #stored(ms: number): Promise<void> {
    const wait = Promise.withResolvers<void>();
    const timer = setTimeout(wait.resolve, Math.min(ms, this.#storing === undefined ? 50 : ms));
    await Promise.race([wait.promise, ...(this.#storing === undefined ? [] : [this.#storing])]);
    clearTimeout(timer);
  }

  #add(chunk: PrintedChunk): void {
    this.#tellLost(chunk.at);
    const { at, stream, member, bytes } = chunk;
    const open = this.#open;
    const head = open?.head;
    const belongs = head !== undefined && head.stream === stream && head.member === member;
    if (open !== undefined && belongs && at - open.head.at < frameMs) {
      open.parts.push(bytes);
      open.bytes += bytes.byteLength;
    } else {
      this.#closeFrame();
      const known = { at, stream, ...(member === undefined ? {} : { member }) };
      this.#open = { head: known, parts: [bytes], bytes: bytes.byteLength };
    }
    this.#plan();
  }

  #tellLost(at: number): void {
    const bytes = this.#lost - this.#lostTold;
    if (bytes === 0) return;
    this.#lostTold = this.#lost;
    this.#closeFrame();
    const text = `leat: ${bytes} bytes of output are missing here: the datastore took none\n`;
    this.#push(encodeFrame({ at, stream: 'stderr' }, [Buffer.from(text)]));
  }

  #closeFrame(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) this.#push(encodeFrame(open.head, open.parts));
  }

  #push(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#parts.push(part);
      this.#bytes += part.byteLength;
    }
  }

  /** Stores at once when the piece is full, else soon. */
  #plan(): void {
    const isFull = this.#bytes + (this.#open?.bytes ?? 0) >= pieceBytes(this.#sequence);
    if (this.#storing !== undefined || (this.#timer !== undefined && !isFull)) return;
    // After a failure it comes back in its own time.
    if (isFull && this.#failures === 0) this.#begin();
    else this.#timer ??= setTimeout(() => this.#begin(), this.#delay());
  }

  #delay(): number {
    return this.#failures > 0 ? pauseMs(this.#failures) : storeAfterMs(monotonicMs() - this.#startedAt);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#closeFrame();
    if (this.#bytes === this.#storedBytes) return;
    this.#storing = this.#storePiece().finally(() => {
      this.#storing = undefined;
      if (this.#waiting > 0) this.#plan();
    });
  }

  /** The current piece as it is now, over what was stored of it before. */
  async #storePiece(): Promise<void> {
    const parts = [...this.#parts];
    const bytes = this.#bytes;
    try {
      await this.#store.put(this.#keyOf(this.#sequence), parts);
    } catch {
      this.#failures += 1;
      return;
    }
    this.#failures = 0;
    this.#dropping = false;
    if (bytes < pieceBytes(this.#sequence)) {
      this.#storedParts = parts.length;
      this.#storedBytes = bytes;
      return;
    }
    this.#sequence += 1;
    this.#parts = this.#parts.slice(parts.length);
    this.#bytes -= bytes;
    this.#storedParts = 0;
    this.#storedBytes = 0;
  }
}
