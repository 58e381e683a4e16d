/** The lines of a stored output, each to be found once, as often as it was printed; read as far as it must be. */
import type { LogChunk } from 'leat/compute';

/** Characters that are held, {@link perLine} included: lines of the two streams do not pass each other by more. */
const mostHeld = 1024 * 1024;
/** What a line takes besides its characters, counted as so many of them: a million lines of one character are no megabyte. */
const perLine = 100;
/** A line that lies so far behind one that was found will not be found any more: the platform does not have it. In characters. */
const mostBehind = 256 * 1024;
/** Platforms cut lines that are longer than this, or longer still. In characters. */
const shortestCut = 8 * 1024;

/** How the lines of Leat's own bootstrap begin; before the first line that was stored they are no part of the output. */
const ownPrefix = 'leat: ';

const newline = 10;

interface Line {
  /** Changes when a part of the line was found. */
  key: string;
  /** Where it begins, by the characters before it. */
  readonly at: number;
  found: boolean;
}

/** See the file's header. */
export class StoredLines {
  readonly #chunks: AsyncIterator<LogChunk>;
  /** Of equal lines the first that was stored comes first. Those that were found are taken out when it is their turn. */
  readonly #byKey = new Map<string, Fifo>();
  /** In the order in which they were stored. */
  #queue: Line[] = [];
  /** What is before it in the queue is gone. */
  #first = 0;
  /** Lines of the queue that were not found yet. */
  #open = 0;
  #held = 0;
  #at = 0;
  #isRead = false;
  /** A line that is stored was found. */
  #begun = false;
  /** What each stream has after its last newline. */
  readonly #unended: Record<LogChunk['stream'], Buffer[]> = { stdout: [], stderr: [] };
  #member: number | undefined;

  constructor(chunks: AsyncIterable<LogChunk>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Whether a line is stored; then it was found, and will be found again only when it was printed again. */
  async take(text: string): Promise<boolean> {
    const key = keyOf(text);
    for (;;) {
      const line = this.#equalTo(key) ?? this.#cut(key);
      if (line !== undefined) {
        this.#begun = true;
        if (line.key === key) this.#remove(line);
        else this.#shorten(line, key.length);
        this.#forget(line.at - mostBehind);
        return true;
      }
      if (this.#isRead || this.#held >= mostHeld) return false;
      await this.#read();
    }
  }

  /**
   * What is missing of a line that was not found: all of it, or what follows the part of it that was stored; `undefined` when it does not belong
   * to what the task printed, or when more is stored than was looked at, so that it is there in another form.
   */
  restOf(text: string): LogChunk | undefined {
    if (!this.#isRead) return undefined;
    const bytes = Buffer.from(`${text}\n`);
    for (const stream of ['stdout', 'stderr'] as const) {
      const open = Buffer.concat(this.#unended[stream]);
      if (open.length === 0 || !bytes.subarray(0, open.length).equals(open)) continue;
      this.#begun = true;
      this.#unended[stream] = [];
      return this.#chunk(stream, bytes.subarray(open.length));
    }
    if (!this.#begun && this.#at > 0 && text.startsWith(ownPrefix)) return undefined;
    const [isOut, isErr] = [this.#unended.stdout.length > 0, this.#unended.stderr.length > 0];
    // Nobody knows its stream: the one on which it does not continue another line.
    const stream = isOut && !isErr ? 'stderr' : 'stdout';
    if (!isOut || !isErr) return this.#chunk(stream, bytes);
    this.#unended.stdout = [];
    return this.#chunk(stream, Buffer.concat([Buffer.from('\n'), bytes]));
  }

  #chunk(stream: LogChunk['stream'], bytes: Buffer): LogChunk {
    // The member of a chunk that was at work when last something was stored: the platform's log does not tell.
    return { stream, bytes, ...(this.#member === undefined ? {} : { member: this.#member }) };
  }

  async #read(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) {
      this.#isRead = true;
      return;
    }
    const { stream, bytes, member } = next.value;
    this.#member = member;
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let from = 0;
    for (let end = data.indexOf(newline); end >= 0; end = data.indexOf(newline, from)) {
      this.#close(stream, data.subarray(from, end));
      from = end + 1;
    }
    // A copy: the rest of the piece that it lies in is not held for it.
    if (from < data.length) this.#unended[stream].push(Buffer.from(data.subarray(from)));
    if (lengthOf(this.#unended[stream]) > mostHeld) this.#close(stream, Buffer.alloc(0));
    this.#at += data.length;
  }

  #close(stream: LogChunk['stream'], end: Buffer): void {
    this.#add(Buffer.concat([...this.#unended[stream], end]).toString());
    this.#unended[stream] = [];
  }

  #add(text: string): void {
    const key = keyOf(text);
    if (key === '') return;
    const line: Line = { key, at: this.#at, found: false };
    this.#queue.push(line);
    this.#index(line);
  }

  #index(line: Line): void {
    this.#open += 1;
    this.#held += line.key.length + perLine;
    const same = this.#byKey.get(line.key);
    if (same === undefined) this.#byKey.set(line.key, { lines: [line], head: 0 });
    else same.lines.push(line);
  }

  /** The first line that is the same. */
  #equalTo(key: string): Line | undefined {
    const same = this.#byKey.get(key);
    if (same === undefined) return undefined;
    for (; same.head < same.lines.length; same.head += 1) {
      const line = same.lines[same.head];
      // One that was found in part is another line now.
      if (line !== undefined && !line.found && line.key === key) break;
    }
    if (same.head === same.lines.length) {
      this.#byKey.delete(key);
      return undefined;
    }
    if (same.head >= mostIdle) {
      same.lines = same.lines.slice(same.head);
      same.head = 0;
    }
    return same.lines[same.head];
  }

  /** A line that begins with this, when this is so long that a platform may have cut it there. */
  #cut(key: string): Line | undefined {
    if (key.length < shortestCut) return undefined;
    return this.#queue.find((line) => !line.found && line.key.startsWith(key));
  }

  #shorten(line: Line, by: number): void {
    const rest = line.key.slice(by).trim();
    this.#remove(line);
    if (rest === '') return;
    line.key = rest;
    line.found = false;
    this.#index(line);
  }

  #remove(line: Line): void {
    if (line.found) return;
    line.found = true;
    this.#open -= 1;
    this.#held -= line.key.length + perLine;
    // Those that were not found are few, but this must not keep the others that were.
    this.#equalTo(line.key);
  }

  /** Lets go of what lies before a place, found or not. */
  #forget(before: number): void {
    for (; this.#first < this.#queue.length; this.#first += 1) {
      const line = this.#queue[this.#first];
      if (line === undefined || (!line.found && line.at >= before)) break;
      this.#remove(line);
    }
    if (this.#queue.length < mostIdle + 2 * this.#open) return;
    this.#queue = this.#queue.filter(({ found }) => !found);
    this.#first = 0;
  }
}

/** Equal lines. What is before the head is gone. */
interface Fifo {
  lines: Line[];
  head: number;
}

/** Places of lists that are empty, and kept until it is worth while to close ranks. */
const mostIdle = 1024;

const lengthOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/** How a line is compared: neither spaces around it nor bytes that are no text come through a platform's log as they were. */
const keyOf = (text: string): string => text.trim().replaceAll(/\uFFFD+/g, '\uFFFD');
