/** Whole numbers, up to 2^53, in as few bytes as they need: seven bits a byte, lowest first; the high bit says that more follow. */
const high = 0x80;
const longest = 8;

export class NumberWriter {
  #bytes: Uint8Array = new Uint8Array(4096);
  #end = 0;

  unsigned(value: number): void {
    if (this.#end + longest > this.#bytes.byteLength) this.#grow();
    let rest = value;
    while (rest >= high) {
      this.#bytes[this.#end++] = (rest % high) + high;
      rest = Math.floor(rest / high);
    }
    this.#bytes[this.#end++] = rest;
  }

  /** Small negative numbers are short, too. Up to 2^52. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#end);
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.byteLength * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what {@link NumberWriter} wrote; behind the end every number is NaN. */
export class NumberReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.byteLength;
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= high) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) return Number.NaN;
      if (byte < high) return value + byte * scale;
      value += (byte - high) * scale;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }
}
