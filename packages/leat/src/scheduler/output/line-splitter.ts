/** A line that grows longer than this many characters is told in pieces. */
const longestLine = 65_536;

/** Cuts a stream of bytes into lines of text, also where a character is split between two chunks. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #tell: (line: string) => void;
  #rest = '';

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** Takes the next bytes and tells the lines that they complete. */
  push(bytes: Uint8Array): void {
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The stream has ended: tells what is left. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest !== '') this.#tell(this.#rest);
    this.#rest = '';
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#tell(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#rest.length < longestLine) return;
    this.#tell(this.#rest);
    this.#rest = '';
  }
}
