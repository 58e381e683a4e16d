const heapMessage = Buffer.from('heap out of memory');

/** Looks for V8's last words in a stream of bytes, also where a border between two chunks cuts them. */
export class HeapWatch {
  #tail: Buffer = Buffer.alloc(0);
  #found = false;

  /** Whether V8 has said that its heap is exhausted. */
  get found(): boolean {
    return this.#found;
  }

  /** Looks at the next bytes of stderr. */
  see(bytes: Uint8Array): void {
    if (this.#found) return;
    const joined =
      this.#tail.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        : Buffer.concat([this.#tail, bytes]);
    this.#found = joined.includes(heapMessage);
    this.#tail = Buffer.from(joined.subarray(-(heapMessage.length - 1)));
  }
}
