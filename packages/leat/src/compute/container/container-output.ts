/**
 * What a container prints, as two streams: from the connection that was opened before it was started, and should that break, from the
 * engine's log, where the other has stopped. When nobody reads, the container waits, as with any pipe.
 */
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { type Frame, LogFrames } from './log-frames.ts';

export class ContainerOutput {
  readonly stdout: PassThrough = new PassThrough();
  readonly stderr: PassThrough = new PassThrough();
  /** Bytes that have been passed on. */
  readonly #passed = { stdout: 0, stderr: 0 };

  /** Passes on what comes until the source ends or breaks. */
  async take(source: Readable): Promise<void> {
    await this.#read(source, { stdout: 0, stderr: 0 });
  }

  /** The same from a source that begins with what has been passed on. */
  async takeRest(source: Readable): Promise<void> {
    await this.#read(source, { ...this.#passed });
  }

  /** Nothing more comes. */
  end(): void {
    this.stdout.end();
    this.stderr.end();
  }

  async #read(source: Readable, known: Record<Frame['stream'], number>): Promise<void> {
    const frames = new LogFrames();
    try {
      for await (const piece of source) {
        for (const { stream, bytes } of frames.push(piece as Buffer)) {
          const skipped = Math.min(known[stream], bytes.length);
          known[stream] -= skipped;
          await this.#pass({ stream, bytes: bytes.subarray(skipped) });
        }
      }
    } catch {
      // A connection that breaks says as much as one that ends: look at the container.
    }
  }

  async #pass({ stream, bytes }: Frame): Promise<void> {
    if (bytes.length === 0) return;
    this.#passed[stream] += bytes.length;
    const target = this[stream];
    // Given up by whoever read it: the rest is of no interest to anybody.
    if (target.destroyed) return;
    if (!target.write(bytes)) await Promise.race([once(target, 'drain'), once(target, 'close')]);
  }
}
