/**
 * A datastore that is far away, as one task sees it. A step reads and writes without waiting for promises, and each call of that kind
 * holds up the whole process for as long as the network takes: so what the task will surely read is fetched before the step begins,
 * all at the same time, and what it writes under the name of its content is on its way while more is made ready. What nobody could
 * foresee is read when it is touched.
 */
import { type ContentWriter, isFresh } from '../datastore/blob-store.ts';
import type { ByteRange, Datastore, LogObject, ObjectFacts } from '../datastore/datastore.ts';
import { parsePackedKey } from '../datastore/packs/packed-key.ts';
import { parametersObject } from '../datastore/run-parameters.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import type { JoinedSourceList } from './joined-sources.ts';

/** What `runTask` asks of such a store besides. */
export interface FarStore extends ContentWriter {
  /** Fetches what these tasks read, whatever their step does; one task, or the members of a chunk. */
  fetchOwn(specs: readonly TaskSpec[]): Promise<void>;
  /** Fetches what the inputs of a join have left, as far as memory goes. */
  fetchJoined(sources: JoinedSourceList): Promise<void>;
  /** Waits for what is being written. @throws what a write has thrown */
  settle(): Promise<void>;
}

/** A store that may be far away. */
export type TaskStore = Datastore & Partial<FarStore>;

/** Some bytes of an object, or all of them. */
interface Place {
  readonly key: string;
  readonly range?: ByteRange;
}

interface Fetched {
  readonly start: number;
  readonly bytes: Uint8Array;
  /** It goes to the end of the object. */
  readonly whole: boolean;
}

const requestsAtOnce = 24;
/** What is held of it at a time; what goes beyond is read when it is touched. */
const mostBytes = 64 * 1024 * 1024;
/** Content of this size is looked for before it is sent; anything smaller is sent as fast as it is looked for. */
const lookFromBytes = 256 * 1024;
/** Content on its way at a time: a step's values wait in memory for it. */
const writesAtOnce = 8;

export class RemoteStore implements Datastore, FarStore {
  readonly url: string;
  readonly driver: string | undefined;
  readonly #store: Datastore;
  readonly #fetched = new Map<string, Fetched>();
  #bytes = 0;
  readonly #writing = new Set<Promise<void>>();
  readonly #waiting: (() => Promise<void>)[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(store: Datastore) {
    this.url = store.url;
    this.driver = store.driver;
    this.#store = store;
  }

  async fetchOwn(specs: readonly TaskSpec[]): Promise<void> {
    await this.#fetchAll(ownPlaces(specs));
  }

  async fetchJoined(sources: JoinedSourceList): Promise<void> {
    await this.#fetchAll(objectsOf(sources));
  }

  async settle(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Takes content, and writes it while the task goes on. */
  writeContent(key: string, parts: readonly Uint8Array[]): void {
    const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#waiting.push(async () => {
      if (size >= lookFromBytes && isFresh(await this.#store.stat(key))) return;
      await this.#store.put(key, parts);
    });
    this.#writeNext();
  }

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    return this.#take(key, range) ?? this.#store.getSync(key, range);
  }

  getManySync(keys: readonly string[]): readonly (Uint8Array | undefined)[] {
    const known = keys.map((key) => this.#take(key));
    const missing = keys.filter((_, at) => known[at] === undefined);
    const found = this.#store.getManySync?.(missing) ?? missing.map((key) => this.#store.getSync(key));
    const byKey = new Map(missing.map((key, at) => [key, found[at]]));
    return keys.map((key, at) => known[at] ?? byKey.get(key));
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#take(key, range) ?? (await this.#store.get(key, range));
  }

  getStream(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    return this.#store.getStream(key);
  }

  put(key: string, parts: readonly Uint8Array[]): Promise<void> {
    return this.#store.put(key, parts);
  }

  putSync(key: string, parts: readonly Uint8Array[]): void {
    this.#store.putSync(key, parts);
  }

  putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#store.putStream(key, source);
  }

  create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return this.#store.create(key, parts);
  }

  createSync(key: string, parts: readonly Uint8Array[]): boolean {
    return this.#store.createSync(key, parts);
  }

  stat(key: string): Promise<ObjectFacts | undefined> {
    return this.#store.stat(key);
  }

  statSync(key: string): ObjectFacts | undefined {
    return this.#store.statSync(key);
  }

  list(prefix: string): AsyncIterable<ObjectFacts> {
    return this.#store.list(prefix);
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.#store.delete(keys);
  }

  append(key: string, bytes: Uint8Array): Promise<void> {
    return this.#store.append(key, bytes);
  }

  createLogSync(key: string): LogObject | undefined {
    return this.#store.createLogSync(key);
  }

  localPath(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  #take(key: string, range?: ByteRange): Uint8Array | undefined {
    const found = this.#fetched.get(key);
    if (found === undefined) return undefined;
    const { start, bytes, whole } = found;
    if (range === undefined) return whole && start === 0 ? bytes.slice() : undefined;
    const from = range.start - start;
    const to = range.end - start;
    // A copy: a value may be a view on its bytes, and the step may write to it.
    return from >= 0 && (whole || to <= bytes.byteLength) ? bytes.slice(from, to) : undefined;
  }

  async #fetchAll(places: Iterator<Place>): Promise<void> {
    const worker = async (): Promise<void> => {
      for (let next = places.next(); next.done !== true; next = places.next()) {
        if (this.#bytes >= mostBytes) return;
        await this.#fetch(next.value);
      }
    };
    await Promise.all(Array.from({ length: requestsAtOnce }, worker));
  }

  async #fetch({ key, range }: Place): Promise<void> {
    if (this.#fetched.has(key)) return;
    const bytes = await this.#store.get(key, range);
    // What is gone is found to be gone by whoever reads it, who can say what it means.
    if (bytes === undefined) return;
    this.#fetched.set(key, { start: range?.start ?? 0, bytes, whole: range === undefined });
    this.#bytes += bytes.byteLength;
  }

  #writeNext(): void {
    if (this.#writing.size >= writesAtOnce) return;
    const write = this.#waiting.shift();
    if (write === undefined) return;
    const writing: Promise<void> = write().then(
      () => this.#written(writing),
      (error: unknown) => {
        this.#failure ??= { error };
        this.#written(writing);
      },
    );
    this.#writing.add(writing);
  }

  #written(writing: Promise<void>): void {
    this.#writing.delete(writing);
    this.#writeNext();
  }
}

/** Parameters, the result of the task before, the item, the list of what is joined. */
function* ownPlaces(specs: readonly TaskSpec[]): Generator<Place> {
  for (const { parameters, sources, takes, joined } of specs) {
    const object = parametersObject(parameters);
    if (object !== undefined) yield { key: object };
    const [source] = sources;
    if (takes !== 'inputs' && source !== undefined) yield manifestPlace(source.manifest, specs.length > 1);
    if (joined?.kind === 'listed') yield { key: joined.key };
  }
  yield* itemPlaces(specs);
}

/** Where a manifest is; all of its pack when its neighbours are wanted too. */
function manifestPlace(manifest: string, withOthers: boolean): Place {
  const packed = parsePackedKey(manifest);
  if (packed === undefined) return { key: manifest };
  const { pack, offset, length } = packed;
  return withOthers ? { key: pack } : { key: pack, range: { start: offset, end: offset + length } };
}

/** Items of the members of a chunk are neighbours, and so are their bytes. */
function* itemPlaces(specs: readonly TaskSpec[]): Generator<Place> {
  const ranges = new Map<string, ByteRange>();
  for (const { takes, foreach } of specs) {
    const item = foreach.at(-1)?.item;
    if (takes !== 'item' || item === undefined) continue;
    const end = item.offset + item.length;
    const { start, end: last } = ranges.get(item.key) ?? { start: item.offset, end };
    ranges.set(item.key, { start: Math.min(start, item.offset), end: Math.max(last, end) });
  }
  for (const [key, range] of ranges) if (range.end - range.start <= mostBytes) yield { key, range };
}

/** The objects with the manifests of a join's inputs, each once where neighbours share one. */
function* objectsOf(sources: JoinedSourceList): Generator<Place> {
  let last = '';
  for (let index = 0; index < sources.length; index += 1) {
    const { manifest } = sources.at(index);
    const key = parsePackedKey(manifest)?.pack ?? manifest;
    if (key !== last) yield { key };
    last = key;
  }
}
