/**
 * Adds to a log (`log-parts.ts`). Each addition is one request: it writes the last part anew with more in it, while that is small,
 * or begins another. What was written is only replaced under the condition that nobody else has: of two writers neither loses
 * anything, and a request that arrives late changes nothing. Small parts are joined to larger ones now and then, so that whoever
 * reads a long log asks for few.
 */
import { randomUUID } from 'node:crypto';
import { LeatError } from 'leat/datastore';
import type { S3Api, WriteCondition } from '../api.ts';
import { isMarked, newMark } from '../multipart.ts';
import { objectName } from '../object-key.ts';
import type { S3Location } from '../s3-location.ts';
import { grownLogId, listParts, logId, logMetadata, partName } from './log-parts.ts';

/** A part below this is written anew with more in it. */
const smallBytes = 64 * 1024;
/** Small parts that have this much together become one. */
const joinedBytes = 1024 * 1024;
/** Others have written to the same log so often in between that something is wrong. */
const mostConflicts = 20;

interface Part {
  readonly start: number;
  readonly body: readonly Uint8Array[];
  readonly size: number;
  readonly etag: string;
}

interface State {
  readonly id: string;
  /** The object of the key itself is what is added to. */
  readonly inHead: boolean;
  /** What this writer has written and not yet joined; the last one is added to. */
  readonly parts: readonly Part[];
}

/** The one place that adds to a log. Calls for one log come one after another. */
export class LogWriter {
  readonly #api: S3Api;
  readonly #location: S3Location;
  readonly #key: string;
  #state: State | undefined;
  /** Parts whose bytes stand in another one too. They go a while later: somebody may be reading them. */
  #joined: readonly string[] = [];

  constructor(api: S3Api, location: S3Location, key: string) {
    this.#api = api;
    this.#location = location;
    this.#key = key;
  }

  /** How many bytes it holds in memory. */
  get held(): number {
    return this.#state?.parts.reduce((sum, { size }) => sum + size, 0) ?? 0;
  }

  /** Creates the log, empty; `false` when there is any object of its key. */
  async create(): Promise<boolean> {
    return await this.#createWith([]);
  }

  /** Adds bytes. @param mustExist it was created, and whoever has deleted it since shall not get half of it back */
  async append(bytes: Uint8Array, mustExist: boolean): Promise<void> {
    if (bytes.byteLength === 0) return;
    for (let conflicts = 0; conflicts < mostConflicts; conflicts += 1) {
      // Most logs that are not known yet are new.
      if (this.#state === undefined && !mustExist && (await this.#createWith([bytes]))) return;
      const state = (this.#state ??= await this.#read());
      if (state === undefined && mustExist) throw this.#failure('it is gone');
      if (state !== undefined && (await this.#add(state, bytes))) return;
      this.#state = undefined;
    }
    throw this.#failure('another process writes to it all the time');
  }

  async #createWith(body: readonly Uint8Array[]): Promise<boolean> {
    const id = randomUUID().slice(0, 8);
    const made = await this.#putHead(id, { start: 0, body, size: sizeOf(body) }, { absent: true });
    if (made === undefined) return false;
    const inHead = made.size < smallBytes;
    this.#state = { id, inHead, parts: [inHead ? made : endOf(made)] };
    return true;
  }

  async #add(state: State, bytes: Uint8Array): Promise<boolean> {
    const last = state.parts.at(-1) as Part;
    const more = { start: last.start, body: [...last.body, bytes], size: last.size + bytes.byteLength };
    if (state.inHead) {
      const made = await this.#putHead(state.id, more, { etag: last.etag });
      if (made === undefined) return false;
      const full = made.size >= smallBytes;
      this.#state = full ? { ...state, inHead: false, parts: [endOf(made)] } : { ...state, parts: [made] };
      return true;
    }
    const isNew = last.size === 0 || last.size >= smallBytes;
    const part = isNew ? { start: last.start + last.size, body: [bytes], size: bytes.byteLength } : more;
    const made = await this.#putPart(state.id, part, isNew ? { absent: true } : { etag: last.etag });
    if (made === undefined) return false;
    const kept = last.size === 0 || !isNew ? state.parts.slice(0, -1) : state.parts;
    this.#state = await this.#join({ ...state, parts: [...kept, made] });
    return true;
  }

  /** Makes one part of many. That it does not work is no failure of the addition, which is done. */
  async #join(state: State): Promise<State> {
    const size = state.parts.reduce((sum, part) => sum + part.size, 0);
    const [first, ...others] = state.parts;
    if (size < joinedBytes || first === undefined) return state;
    if (others.length === 0) return { ...state, parts: [endOf(first)] };
    const body = state.parts.flatMap((part) => part.body);
    try {
      const whole = await this.#putPart(state.id, { start: first.start, body, size }, { etag: first.etag });
      if (whole === undefined) return { ...state, parts: state.parts.slice(-1) };
      if (this.#joined.length > 0) await this.#api.deleteAll(this.#joined);
      this.#joined = others.map(({ start }) => this.#partName(state.id, start));
      return { ...state, parts: [endOf(whole)] };
    } catch {
      return { ...state, parts: state.parts.slice(-1) };
    }
  }

  async #putHead(id: string, part: Omit<Part, 'etag'>, when: WriteCondition): Promise<Part | undefined> {
    const metadata = logMetadata(id, part.size >= smallBytes);
    return await this.#put(objectName(this.#location, this.#key), part, { metadata, when });
  }

  async #putPart(id: string, part: Omit<Part, 'etag'>, when: WriteCondition): Promise<Part | undefined> {
    return await this.#put(this.#partName(id, part.start), part, { metadata: {}, when });
  }

  async #put(
    name: string,
    part: Omit<Part, 'etag'>,
    {
      metadata,
      when,
    }: { readonly metadata: Readonly<Record<string, string>>; readonly when: WriteCondition },
  ): Promise<Part | undefined> {
    const mark = newMark();
    const answer = await this.#api.put(name, part.body, { metadata: { ...metadata, ...mark }, when });
    if (answer.done) return { ...part, etag: answer.etag };
    // It may have been done by the try whose answer was lost.
    const found = answer.repeated ? await this.#api.head(name) : undefined;
    return found !== undefined && isMarked(found, mark) ? { ...part, etag: found.etag } : undefined;
  }

  /** Where an earlier writer has left off; `undefined` when there is no such object. */
  async #read(): Promise<State | undefined> {
    const name = objectName(this.#location, this.#key);
    const head = await this.#api.head(name);
    if (head === undefined) return undefined;
    const id = grownLogId(head.metadata);
    if (id === undefined) return await this.#readHead(name, logId(head.metadata), head.size);
    const parts = await listParts(this.#api, this.#location, { key: this.#key, id });
    const last = parts.at(-1);
    if (last === undefined) return { id, inHead: false, parts: [emptyAt(head.size)] };
    if (last.size >= smallBytes) return { id, inHead: false, parts: [emptyAt(last.start + last.size)] };
    const found = await this.#api.read(last.name);
    if (typeof found === 'string') return await this.#read();
    const part = { start: last.start, body: [found.bytes], size: found.bytes.byteLength, etag: found.etag };
    return { id, inHead: false, parts: [part] };
  }

  async #readHead(name: string, id: string | undefined, size: number): Promise<State | undefined> {
    const found = size === 0 ? await this.#api.head(name) : await this.#api.read(name);
    if (typeof found === 'string' || found === undefined) return undefined;
    const body: readonly Uint8Array[] = 'bytes' in found ? [found.bytes as Uint8Array] : [];
    const part = { start: 0, body, size: sizeOf(body), etag: found.etag };
    return { id: id ?? randomUUID().slice(0, 8), inHead: true, parts: [part] };
  }

  #partName(id: string, start: number): string {
    return partName(this.#location, { key: this.#key, id }, start);
  }

  #failure(reason: string): LeatError {
    const place = `${this.#location.url}/${this.#key}`;
    return new LeatError('STORE_UNAVAILABLE', `cannot write '${place}': ${reason}`, {
      hint: 'Only one process writes to a log. Look for an engine or a task that was started twice.',
    });
  }
}

const sizeOf = (body: readonly Uint8Array[]): number =>
  body.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** A part that is not there yet. */
const emptyAt = (start: number): Part => ({ start, body: [], size: 0, etag: '' });

const endOf = ({ start, size }: Part): Part => emptyAt(start + size);
