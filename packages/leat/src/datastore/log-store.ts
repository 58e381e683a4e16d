/**
 * What a task prints, line by line with time and stream, appended to one object for each attempt. A line is stored as
 * `<milliseconds since the epoch> <o|e> <text>\n`; a capital letter says that the line goes on in the next entry of its
 * stream. Bytes are cut at line ends only (or between characters of a line that is too long), so text of any language
 * survives whatever pieces it arrived in.
 */
import type { Datastore } from './datastore.ts';

/** A piece of what a job printed; as `LogChunk` of the compute layers, with the time (default: now). */
export interface PrintedChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Uint8Array;
  readonly at?: number;
}

/** One line of a log. */
export interface LogEntry {
  /** Milliseconds since the epoch; 0 when the log does not say. */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the line end. */
  readonly text: string;
  /** The line was too long for one entry and goes on in the next one of its stream. */
  readonly continues: boolean;
  /** Where to read on: `from` of {@link readLog}. In bytes. */
  readonly next: number;
}

export interface LogWriter {
  /** Takes a chunk. A promise when the store is slower than the task: wait for it before the next chunk. */
  write(chunk: PrintedChunk): Promise<void> | undefined;
  /** Stores what came in so far, but for lines that have not ended. */
  flush(): Promise<void>;
  /** Stores all of it, also a last line without an end. Throws what the store threw meanwhile. */
  close(): Promise<void>;
}

const longestLine = 64 * 1024;
const flushBytes = 64 * 1024;
const flushAfterMs = 200;
/** Each addition is a request where the store is no folder, and costs money there: few, and fewer when a task prints all the time. */
const remote = { flushBytes: 1024 * 1024, firstMs: 1_000, mostMs: 5_000 };
const mostWaitingBytes = 4 * 1024 * 1024;
const readBytes = 1024 * 1024;
const letters = { stdout: 'o', stderr: 'e' } as const;

/**
 * Opens the log of an attempt for writing, after what is there already. Nothing is created before something is printed.
 *
 * @param mayWrite asked before each write; what may not be written is dropped
 * @param after calls once after so many milliseconds, and returns what takes that back
 */
export function openLog(
  store: Datastore,
  key: string,
  mayWrite: () => boolean = () => true,
  after: After = afterReal,
): LogWriter {
  return new StoredLog(store, key, { mayWrite, after });
}

type After = (ms: number, fire: () => void) => () => void;

const afterReal: After = (ms, fire) => {
  const timer = setTimeout(fire, ms);
  return () => {
    clearTimeout(timer);
  };
};

// Text is held as latin1 strings: one character for each byte, so that bytes can be cut and joined with string methods.
class StoredLog implements LogWriter {
  readonly #store: Datastore;
  readonly #key: string;
  readonly #mayWrite: () => boolean;
  readonly #after: After;
  readonly #open = { stdout: '', stderr: '' };
  #ready: string[] = [];
  #readyBytes = 0;
  #waitingBytes = 0;
  #cancelFlush: (() => void) | undefined;
  #flushBytes = flushBytes;
  #flushAfterMs = flushAfterMs;
  readonly #isRemote: boolean;
  #appending: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  constructor(
    store: Datastore,
    key: string,
    { mayWrite, after }: { readonly mayWrite: () => boolean; readonly after: After },
  ) {
    this.#store = store;
    this.#key = key;
    this.#mayWrite = mayWrite;
    this.#after = after;
    this.#isRemote = store.localPath(key) === undefined;
    if (!this.#isRemote) return;
    this.#flushBytes = remote.flushBytes;
    this.#flushAfterMs = remote.firstMs;
  }

  write({ stream, bytes, at = Date.now() }: PrintedChunk): Promise<void> | undefined {
    const text =
      this.#open[stream] + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    const cut = text.lastIndexOf('\n') + 1;
    if (cut > 0) this.#addLines(stream, at, text.slice(0, cut - 1));
    this.#open[stream] = this.#splitOpenLine(stream, at, text.slice(cut));
    if (this.#readyBytes >= this.#flushBytes) void this.#append();
    else if (this.#readyBytes > 0)
      this.#cancelFlush ??= this.#after(this.#flushAfterMs, () => this.#appendLater());
    return this.#waitingBytes > mostWaitingBytes ? this.#appending : undefined;
  }

  async flush(): Promise<void> {
    await this.#append();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async close(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#open[stream] !== '') this.#addLines(stream, Date.now(), this.#open[stream]);
      this.#open[stream] = '';
    }
    await this.flush();
  }

  #addLines(stream: PrintedChunk['stream'], at: number, lines: string): void {
    const prefix = `${at} ${letters[stream]} `;
    for (const line of lines.length > longestLine ? lines.split('\n') : [lines]) {
      const last = this.#splitOpenLine(stream, at, line);
      this.#add(prefix + (last.includes('\n') ? last.replaceAll('\n', `\n${prefix}`) : last));
    }
  }

  /** Writes the front of a line that is too long; returns what is short enough to wait for its end. */
  #splitOpenLine(stream: PrintedChunk['stream'], at: number, line: string): string {
    let start = 0;
    while (line.length - start > longestLine) {
      const end = characterStart(line, start + longestLine);
      this.#add(`${at} ${letters[stream].toUpperCase()} ${line.slice(start, end)}`);
      start = end;
    }
    return start === 0 ? line : line.slice(start);
  }

  #add(entry: string): void {
    this.#ready.push(entry);
    this.#readyBytes += entry.length + 1;
    this.#waitingBytes += entry.length + 1;
  }

  /** Called by the timer: who prints all the time is written less and less often. */
  #appendLater(): void {
    if (this.#isRemote) this.#flushAfterMs = Math.min(remote.mostMs, this.#flushAfterMs * 1.5);
    void this.#append();
  }

  #append(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#ready.length > 0) {
      const bytes = Buffer.from(`${this.#ready.join('\n')}\n`, 'latin1');
      this.#ready = [];
      this.#readyBytes = 0;
      this.#appending = this.#appending
        .then(async () => (this.#mayWrite() ? await this.#store.append(this.#key, bytes) : undefined))
        .then(
          () => void (this.#waitingBytes -= bytes.byteLength),
          // A full disk must not end the task; whoever closes the log is told.
          (error: unknown) => {
            this.#waitingBytes -= bytes.byteLength;
            this.#failure ??= { error };
          },
        );
    }
    return this.#appending;
  }
}

/** The last place at or before `index` where a UTF-8 character begins. */
function characterStart(latin1: string, index: number): number {
  let start = index;
  while (index - start < 3 && (latin1.charCodeAt(start) & 0xc0) === 0x80) start -= 1;
  return start;
}

/**
 * Reads a log as far as it is written now; nothing when there is none. To follow it, call again with `from` set to the
 * last entry's `next`.
 */
export async function* readLog(
  store: Datastore,
  key: string,
  { from = 0 }: { readonly from?: number } = {},
): AsyncIterable<LogEntry> {
  let position = from;
  let rest: Buffer = Buffer.alloc(0);
  for (;;) {
    const start = position + rest.byteLength;
    const bytes = await store.get(key, { start, end: start + readBytes });
    if (bytes === undefined || bytes.byteLength === 0) return;
    const block = Buffer.concat([rest, bytes]);
    let begin = 0;
    for (let end = block.indexOf(10); end >= 0; end = block.indexOf(10, begin)) {
      yield parseEntry(block.subarray(begin, end), position + end + 1);
      begin = end + 1;
    }
    rest = block.subarray(begin);
    position += begin;
  }
}

/** The last lines of a log, at most `count` of them and of the last 256 KB. */
export async function readLogEnd(store: Datastore, key: string, count: number): Promise<readonly LogEntry[]> {
  const facts = await store.stat(key);
  if (facts === undefined) return [];
  const from = Math.max(0, facts.size - flushBytes * 4);
  const entries: LogEntry[] = [];
  for await (const entry of readLog(store, key, { from })) {
    // The first one is most likely the end of a line.
    if (from > 0 && entry.next - from < 1 + entry.text.length) continue;
    entries.push(entry);
    if (entries.length > count) entries.shift();
  }
  return entries;
}

const entryHead = /^(\d{1,16}) ([oeOE]) /;

/** A line that a crash has torn is shown as it is. */
function parseEntry(line: Buffer, next: number): LogEntry {
  const head = entryHead.exec(line.toString('latin1', 0, 19));
  if (head === null) return { at: 0, stream: 'stdout', text: line.toString('utf8'), continues: false, next };
  const letter = head[2] ?? '';
  return {
    at: Number(head[1]),
    stream: letter.toLowerCase() === 'e' ? 'stderr' : 'stdout',
    text: line.subarray(head[0].length).toString('utf8'),
    continues: letter === 'O' || letter === 'E',
    next,
  };
}
