import fs from 'node:fs';
import type { LogObject } from '../datastore.ts';
import { errorCode, storeError } from './store-error.ts';
import { openNewSync } from './write-file.ts';

/** A new file that grows in place, or `undefined` when there is one already. */
export function createLogFile(file: string, durable: boolean): LogObject | undefined {
  try {
    return new LogFile(file, openNewSync(file), durable);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

class LogFile implements LogObject {
  readonly #file: string;
  readonly #durable: boolean;
  #fd: number | undefined;
  #end = 0;

  constructor(file: string, fd: number, durable: boolean) {
    this.#file = file;
    this.#fd = fd;
    this.#durable = durable;
  }

  append(bytes: Uint8Array): void {
    const fd = this.#fd;
    if (fd === undefined) throw storeError(new Error('it was closed'), 'write', this.#file);
    try {
      let written = 0;
      while (written < bytes.byteLength)
        written += fs.writeSync(fd, bytes, written, bytes.byteLength - written, this.#end + written);
      if (this.#durable) fs.fdatasyncSync(fd);
    } catch (error) {
      this.#takeBack(fd);
      throw storeError(error, 'write', this.#file);
    }
    this.#end += bytes.byteLength;
  }

  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Half a piece (the disk is full) must not stand before the next one. */
  #takeBack(fd: number): void {
    try {
      fs.ftruncateSync(fd, this.#end);
    } catch {
      this.close();
    }
  }
}
