/**
 * What the task prints, on the agent's own streams too, for whoever looks at the platform's log. It never waits: what a slow reader does not take, and
 * what is beyond any reader's interest and costs money where logs are paid by size, is left out there.
 */
import type { Writable } from 'node:stream';
import type { LogChunk } from '../compute/compute-layer.ts';

/** In all; the whole output is in the datastore. */
const mostBytes = 32 * 1024 * 1024;
/** Held for a slow reader. */
const mostHeld = 1024 * 1024;

export class Echo {
  readonly #streams: Readonly<Record<LogChunk['stream'], Writable>>;
  readonly #most: number;
  #written = 0;
  #leftOut = 0;

  constructor(stdout: Writable, stderr: Writable, most: number = mostBytes) {
    this.#streams = { stdout, stderr };
    this.#most = most;
    // Whoever has read it is gone.
    for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  }

  write({ stream, bytes }: LogChunk): void {
    const target = this.#streams[stream];
    if (this.#written + bytes.byteLength > this.#most || target.writableLength > mostHeld) {
      if (this.#leftOut === 0)
        this.#say('more is printed than is shown here: the whole output is in the datastore');
      this.#leftOut += bytes.byteLength;
      return;
    }
    this.#written += bytes.byteLength;
    target.write(bytes);
  }

  /** Resolves when all is written, or after `ms`. */
  async drained(ms: number): Promise<void> {
    if (this.#leftOut > 0) this.#say(`${this.#leftOut} bytes of output are not shown here`);
    const wait = Promise.withResolvers<void>();
    const timer = setTimeout(wait.resolve, ms);
    const written = Object.values(this.#streams).map(async (stream) => {
      if (stream.writableLength === 0) return;
      const one = Promise.withResolvers<void>();
      stream.write('', () => one.resolve());
      await one.promise;
    });
    await Promise.race([wait.promise, Promise.all(written)]);
    clearTimeout(timer);
  }

  #say(text: string): void {
    this.#streams.stderr.write(`leat: ${text}\n`);
  }
}
