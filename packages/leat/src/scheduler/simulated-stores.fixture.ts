/** Stores that keep everything in memory and fail on demand: what no real store can be asked to do a thousand times a second. */
import type { ByteRange, Datastore, LogObject, ObjectFacts } from '../datastore/datastore.ts';
import { LeatError } from '../errors/index.ts';
import type { RunEvent } from '../metadata/events.ts';
import type { Lease, MetadataStore } from '../metadata/metadata-store.ts';

/** Asked before each call: `true` makes it fail for now. */
export type Fails = (call: string) => boolean;

export class MemoryDatastore implements Datastore {
  readonly url = 'memory:';
  readonly objects = new Map<string, Uint8Array>();
  readonly #fails: Fails;

  constructor(fails: Fails = () => false) {
    this.#fails = fails;
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    this.#mayFail('get');
    return this.getSync(key, range);
  }

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    return this.objects.get(key)?.slice(range?.start, range?.end);
  }

  async getStream(): Promise<undefined> {
    return undefined;
  }

  async put(key: string, parts: readonly Uint8Array[]): Promise<void> {
    this.#mayFail('put');
    this.putSync(key, parts);
  }

  putSync(key: string, parts: readonly Uint8Array[]): void {
    this.objects.set(key, Buffer.concat(parts));
  }

  async putStream(): Promise<void> {
    throw new Error('not asked for here');
  }

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    this.#mayFail('create');
    return this.createSync(key, parts);
  }

  createSync(key: string, parts: readonly Uint8Array[]): boolean {
    if (this.objects.has(key)) return false;
    this.putSync(key, parts);
    return true;
  }

  async stat(key: string): Promise<ObjectFacts | undefined> {
    return this.statSync(key);
  }

  statSync(key: string): ObjectFacts | undefined {
    const bytes = this.objects.get(key);
    return bytes === undefined ? undefined : { key, size: bytes.byteLength, modifiedAt: 0 };
  }

  async *list(prefix: string): AsyncIterable<ObjectFacts> {
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) yield this.statSync(key)!;
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.objects.delete(key);
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    this.putSync(key, [this.objects.get(key) ?? new Uint8Array(), bytes]);
  }

  createLogSync(key: string): LogObject | undefined {
    if (!this.createSync(key, [])) return undefined;
    return {
      append: (bytes) => this.putSync(key, [this.objects.get(key) ?? new Uint8Array(), bytes]),
      close: () => undefined,
    };
  }

  localPath(): undefined {
    return undefined;
  }

  async close(): Promise<void> {}

  #mayFail(call: string): void {
    if (this.#fails(call)) throw new LeatError('STORE_UNAVAILABLE', `the store does not answer (${call})`);
  }
}

type LogCalls = Pick<MetadataStore, 'append' | 'acquireLease' | 'renewLease' | 'releaseLease'>;

/** The log and the lease of one run. */
export class MemoryLog implements LogCalls {
  readonly log: RunEvent[] = [];
  readonly batches: number[] = [];
  renewals = 0;
  epoch = 0;
  readonly #fails: Fails;

  constructor(fails: Fails = () => false) {
    this.#fails = fails;
  }

  /** As the contract; what is not asked for here is not there. */
  get store(): MetadataStore {
    return this as unknown as MetadataStore;
  }

  async acquireLease(flow: string, run: string, owner: string): Promise<Lease> {
    this.epoch += 1;
    return { flow, run, owner, epoch: this.epoch };
  }

  async renewLease(lease: Lease): Promise<void> {
    this.#check(lease);
    this.#mayFail('renewLease');
    this.renewals += 1;
  }

  async releaseLease(lease: Lease): Promise<void> {
    this.#check(lease);
  }

  async append(lease: Lease, events: readonly RunEvent[]): Promise<number> {
    this.#check(lease);
    this.#mayFail('append');
    this.log.push(...(JSON.parse(JSON.stringify(events)) as RunEvent[]));
    this.batches.push(events.length);
    return this.log.length;
  }

  async *events(
    _flow = '',
    _run = '',
    after = 0,
  ): AsyncIterable<{ readonly seq: number; readonly event: RunEvent }> {
    for (const [index, event] of this.log.entries()) if (index >= after) yield { seq: index + 1, event };
  }

  #check({ epoch }: Lease): void {
    if (epoch !== this.epoch) throw new LeatError('LEASE_LOST', `epoch ${this.epoch} has begun`);
  }

  #mayFail(call: string): void {
    if (this.#fails(call))
      throw new LeatError('METADATA_UNAVAILABLE', `the metadata does not answer (${call})`);
  }
}
