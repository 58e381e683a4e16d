import type { S3Api } from '../api.ts';
import type { S3Location } from '../s3-location.ts';
import { LogWriter } from './log-writer.ts';

/** What writers may hold together, in bytes; one that is let go reads again where it was. */
const mostHeld = 64 * 1024 * 1024;

interface Kept {
  readonly writer: LogWriter;
  readonly held: number;
}

/** The logs that this process adds to. */
export class LogWriters {
  readonly #api: S3Api;
  readonly #location: S3Location;
  // The least recently used goes first.
  readonly #kept = new Map<string, Kept>();
  #held = 0;

  constructor(api: S3Api, location: S3Location) {
    this.#api = api;
    this.#location = location;
  }

  /** Creates a log; `false` when there is any object of its key. */
  async create(key: string): Promise<boolean> {
    const writer = new LogWriter(this.#api, this.#location, key);
    const created = await writer.create();
    if (created) this.#keep(key, writer);
    return created;
  }

  /** Adds to a log. @param mustExist it was created before: one that is gone is an error */
  async append(key: string, bytes: Uint8Array, mustExist: boolean): Promise<void> {
    const writer = this.#kept.get(key)?.writer ?? new LogWriter(this.#api, this.#location, key);
    await writer.append(bytes, mustExist);
    this.#keep(key, writer);
  }

  #keep(key: string, writer: LogWriter): void {
    this.#letGo(key);
    this.#kept.set(key, { writer, held: writer.held });
    this.#held += writer.held;
    for (const oldest of this.#kept.keys()) {
      if (this.#held <= mostHeld || oldest === key) return;
      this.#letGo(oldest);
    }
  }

  #letGo(key: string): void {
    this.#held -= this.#kept.get(key)?.held ?? 0;
    this.#kept.delete(key);
  }
}
