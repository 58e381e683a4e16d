/** Reading objects: whole, in part, piece by piece, and logs that lie in parts; each from one version of the object. */
import type { ByteRange } from 'leat/datastore';
import { LeatError } from 'leat/datastore';
import type { S3Api, S3Content } from './api.ts';
import { grownLogId, type LogPart, listParts } from './log/log-parts.ts';
import { partBytes } from './multipart.ts';
import { objectName } from './object-key.ts';
import type { S3Location } from './s3-location.ts';

/** Larger ranges are read by parts at the same time, of which this many are under way. */
const partsAtOnce = 6;
/** Somebody writes over an object while it is being read: it is read anew this often. */
const mostReadings = 10;

const nothing = (): Buffer => Buffer.alloc(0);

/** Size and time of an object, whether or not it lies in parts. */
export interface ObjectSize {
  readonly size: number;
  readonly modifiedAt: number;
}

export class ObjectReader {
  readonly #api: S3Api;
  readonly #location: S3Location;

  constructor(api: S3Api, location: S3Location) {
    this.#api = api;
    this.#location = location;
  }

  /** The bytes, fewer where the object ends before; `undefined` when there is none. */
  async read(key: string, range: ByteRange = { start: 0, end: Infinity }): Promise<Uint8Array | undefined> {
    const name = objectName(this.#location, key);
    if (range.end <= range.start) return (await this.#api.head(name)) === undefined ? undefined : nothing();
    for (let reading = 0; reading < mostReadings; reading += 1) {
      const found = await this.#readOnce(key, name, range);
      if (found !== 'changed') return found;
    }
    throw this.#restless(key);
  }

  async stat(key: string): Promise<ObjectSize | undefined> {
    const head = await this.#api.head(objectName(this.#location, key));
    if (head === undefined) return undefined;
    const id = grownLogId(head.metadata);
    const parts = id === undefined ? [] : await listParts(this.#api, this.#location, { key, id });
    const last = parts.at(-1);
    if (last === undefined) return { size: head.size, modifiedAt: head.modifiedAt };
    return { size: last.start + last.size, modifiedAt: last.modifiedAt };
  }

  /** The object piece by piece, the next one being read while one is looked at; `undefined` when there is none. */
  async stream(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    const name = objectName(this.#location, key);
    const first = await this.#api.read(name, { start: 0, end: partBytes });
    if (first === 'absent') return undefined;
    if (typeof first === 'string') return pieces(nothing());
    if (grownLogId(first.metadata) !== undefined) return this.#streamLog(key);
    return this.#streamRest(key, name, first);
  }

  async *#streamRest(key: string, name: string, first: S3Content): AsyncGenerator<Uint8Array> {
    const readFrom = async (start: number): Promise<Buffer> => {
      const range = { start, end: Math.min(first.size, start + partBytes) };
      const found = await this.#api.read(name, range, first.etag);
      if (typeof found === 'string') throw this.#restless(key);
      return found.bytes;
    };
    let piece = first.bytes;
    for (let at = piece.byteLength; ; at += piece.byteLength) {
      const next = at < first.size ? readFrom(at) : undefined;
      // Whoever stops looking leaves it alone.
      next?.catch(() => undefined);
      yield piece;
      if (next === undefined) return;
      piece = await next;
    }
  }

  async *#streamLog(key: string): AsyncGenerator<Uint8Array> {
    for (let start = 0; ;) {
      const piece = await this.read(key, { start, end: start + partBytes });
      if (piece === undefined || piece.byteLength === 0) return;
      yield piece;
      start += piece.byteLength;
    }
  }

  async #readOnce(
    key: string,
    name: string,
    { start, end }: ByteRange,
  ): Promise<Buffer | 'changed' | undefined> {
    const first = await this.#api.read(name, { start, end: Math.min(end, start + partBytes) });
    if (first === 'absent') return undefined;
    if (first === 'changed') return first;
    if (first === 'outside')
      return start === 0 ? nothing() : await this.#readBehind(key, name, { start, end });
    const length = Math.min(end, first.size) - start;
    const rest = { start: start + first.bytes.byteLength, end: start + length };
    const bytes = first.bytes.byteLength >= length ? first.bytes : await this.#readRest(name, first, rest);
    const id = grownLogId(first.metadata);
    if (bytes === 'changed' || id === undefined || end <= first.size) return bytes;
    return await this.#readParts(key, { id, head: bytes, start, end, headSize: first.size });
  }

  /** The range begins behind the object; of a log that lies in parts, that is its first bytes only. */
  async #readBehind(key: string, name: string, range: ByteRange): Promise<Buffer | 'changed' | undefined> {
    const head = await this.#api.head(name);
    if (head === undefined) return undefined;
    const id = grownLogId(head.metadata);
    // It has grown since.
    if (id === undefined) return head.size > range.start ? 'changed' : nothing();
    return await this.#readParts(key, { ...range, id, head: nothing(), headSize: head.size });
  }

  async #readRest(name: string, first: S3Content, range: ByteRange): Promise<Buffer | 'changed'> {
    const begin = first.bytes.byteLength;
    const whole = Buffer.allocUnsafeSlow(begin + range.end - range.start);
    first.bytes.copy(whole);
    const starts = startsOf(range);
    let changed = false;
    const worker = async (): Promise<void> => {
      for (let start = starts.pop(); start !== undefined && !changed; start = starts.pop()) {
        const part = { start, end: Math.min(range.end, start + partBytes) };
        const found = await this.#api.read(name, part, first.etag);
        if (typeof found === 'string' || found.bytes.byteLength < part.end - part.start) changed = true;
        else found.bytes.copy(whole, begin + start - range.start);
      }
    };
    await Promise.all(Array.from({ length: partsAtOnce }, worker));
    return changed ? 'changed' : whole;
  }

  async #readParts(
    key: string,
    { id, head, headSize, start, end }: ByteRange & { id: string; head: Buffer; headSize: number },
  ): Promise<Buffer | 'changed'> {
    const parts = await listParts(this.#api, this.#location, { key, id });
    const wanted = parts.filter(
      (part) => part.start < end && part.start + part.size > Math.max(start, headSize),
    );
    const found: (Buffer | undefined)[] = Array.from({ length: wanted.length });
    const places = [...wanted.keys()];
    const worker = async (): Promise<void> => {
      for (let at = places.pop(); at !== undefined; at = places.pop())
        found[at] = await this.#readPart(wanted[at] as LogPart, { start: Math.max(start, headSize), end });
    };
    await Promise.all(Array.from({ length: Math.min(partsAtOnce, wanted.length) }, worker));
    return joined(head, Math.max(start, headSize), wanted, found);
  }

  /** What a part has of a range, from the part's own start or the range's. */
  async #readPart(part: LogPart, { start, end }: ByteRange): Promise<Buffer | undefined> {
    const from = Math.max(start, part.start) - part.start;
    const to = Math.min(end, part.start + part.size) - part.start;
    const found = await this.#api.read(part.name, { start: from, end: to });
    return typeof found === 'string' || found.bytes.byteLength < to - from ? undefined : found.bytes;
  }

  #restless(key: string): LeatError {
    return new LeatError(
      'STORE_UNAVAILABLE',
      `cannot read '${this.#location.url}/${key}': it changes while it is read`,
      {
        hint: 'Look for another process that writes to the same datastore.',
      },
    );
  }
}

/** Parts one after the other; where they overlap, the later one adds what the earlier ones lack. */
function joined(
  head: Buffer,
  start: number,
  parts: readonly LogPart[],
  found: readonly (Buffer | undefined)[],
): Buffer | 'changed' {
  const read = [head];
  let at = start;
  for (const [index, part] of parts.entries()) {
    const bytes = found[index];
    const from = Math.max(part.start, start);
    // A part that was joined to another while we looked, or one that is missing in between.
    if (bytes === undefined || from > at) return 'changed';
    read.push(bytes.subarray(at - from));
    at = from + bytes.byteLength;
  }
  return Buffer.concat(read);
}

function startsOf({ start, end }: ByteRange): number[] {
  const starts: number[] = [];
  for (let at = start; at < end; at += partBytes) starts.push(at);
  // The first ones are taken first.
  return starts.toReversed();
}

async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}
