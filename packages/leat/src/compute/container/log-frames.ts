/** A piece of one of a container's two streams. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

const headerBytes = 8;
const stderrType = 2;

/**
 * Takes apart the stream in which an engine sends a container's output: a header of eight bytes (the stream's number, three zeros, the
 * length), then so many bytes. Whatever the pieces are cut like; what it gives are views on them. Holds no more than a header.
 */
export class LogFrames {
  #header = Buffer.alloc(0);
  #stream: Frame['stream'] = 'stdout';
  #left = 0;

  /** Takes the next bytes; gives what was printed, in order. */
  push(bytes: Buffer): readonly Frame[] {
    const frames: Frame[] = [];
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left === 0) {
        rest = this.#takeHeader(rest);
        continue;
      }
      const part = rest.subarray(0, this.#left);
      frames.push({ stream: this.#stream, bytes: part });
      this.#left -= part.length;
      rest = rest.subarray(part.length);
    }
    return frames;
  }

  #takeHeader(bytes: Buffer): Buffer {
    const missing = headerBytes - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, missing)]);
    if (this.#header.length === headerBytes) {
      this.#stream = this.#header[0] === stderrType ? 'stderr' : 'stdout';
      this.#left = this.#header.readUInt32BE(4);
      this.#header = Buffer.alloc(0);
    }
    return bytes.subarray(missing);
  }
}
