/** The world as the process of one engine sees it: stores and layers through calls that may fail, or never come back. */
import type {
  AttemptRequest,
  ComputeLayer,
  JobId,
  LogChunk,
  PollOptions,
} from '../../compute/compute-layer.ts';
import type { Random, SimulatedLayer } from '@leat/testing';
import type { ByteRange, Datastore } from '../../datastore/datastore.ts';
import type { RunEvent } from '../../metadata/events.ts';
import type { Lease, MetadataStore } from '../../metadata/metadata-store.ts';
import type { MemoryDatastore } from '../../testing/memory-datastore.ts';
import { type EngineProcess, storeError, type Trouble } from './engine-process.fixture.ts';
import type { TrueMetadata } from './true-metadata.fixture.ts';

/** What the views of one engine share. */
export interface ViewFacts {
  readonly process: EngineProcess;
  readonly random: Random;
  readonly stores: { readonly fails: number; readonly answerLost: number };
  /** Whether a layer may be sent again what it has. */
  readonly tokens: boolean;
  /** Told before each call that changes something. */
  readonly writes: (call: string) => void;
  /** Told of the jobs that are handed over. */
  readonly submits: (batch: readonly AttemptRequest[]) => void;
  /** Told when events are in the log, before the engine hears of it. */
  readonly logged: (events: readonly RunEvent[]) => void;
}

const troubleOf = (
  { stores }: ViewFacts,
  call: string,
  code: 'STORE_UNAVAILABLE' | 'METADATA_UNAVAILABLE',
): Trouble => ({ call, ...stores, error: storeError(code) });

/** The datastore: one object store for all. */
export class DatastoreView implements Datastore {
  readonly url: string;
  readonly #facts: ViewFacts;
  readonly #truth: MemoryDatastore;

  constructor(facts: ViewFacts, truth: MemoryDatastore) {
    this.url = truth.url;
    this.#facts = facts;
    this.#truth = truth;
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#call(`get ${key}`, () => this.#truth.getSync(key, range));
  }

  getSync(key: string, range?: ByteRange): Uint8Array | undefined {
    this.#facts.process.require();
    return this.#truth.getSync(key, range);
  }

  async put(key: string, parts: readonly Uint8Array[]): Promise<void> {
    return this.#write(`put ${key}`, () => this.#truth.putSync(key, parts));
  }

  putSync(key: string, parts: readonly Uint8Array[]): void {
    this.#writeSync(`put ${key}`);
    this.#truth.putSync(key, parts);
  }

  async create(key: string, parts: readonly Uint8Array[]): Promise<boolean> {
    return this.#write(`create ${key}`, () => this.#truth.createSync(key, parts));
  }

  createSync(key: string, parts: readonly Uint8Array[]): boolean {
    this.#writeSync(`create ${key}`);
    return this.#truth.createSync(key, parts);
  }

  async stat(key: string): ReturnType<Datastore['stat']> {
    return this.#call(`stat ${key}`, () => this.#truth.statSync(key));
  }

  statSync(key: string): ReturnType<Datastore['statSync']> {
    this.#facts.process.require();
    return this.#truth.statSync(key);
  }

  async delete(keys: readonly string[]): Promise<void> {
    return this.#write(`delete ${keys.join(' ')}`, async () => this.#truth.delete(keys));
  }

  async append(key: string, bytes: Uint8Array): Promise<void> {
    return this.#write(`append ${key}`, async () => this.#truth.append(key, bytes));
  }

  async getStream(key: string): ReturnType<Datastore['getStream']> {
    return this.#call(`stream ${key}`, async () => this.#truth.getStream(key));
  }

  async putStream(key: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    return this.#write(`put ${key}`, async () => this.#truth.putStream(key, source));
  }

  createLogSync(key: string): ReturnType<Datastore['createLogSync']> {
    this.#writeSync(`create ${key}`);
    return this.#truth.createLogSync(key);
  }

  list(prefix: string): ReturnType<Datastore['list']> {
    this.#facts.process.require();
    return this.#truth.list(prefix);
  }

  localPath(): undefined {
    return undefined;
  }

  async close(): Promise<void> {}

  async #call<T>(call: string, perform: () => Promise<T> | T): Promise<T> {
    return this.#facts.process.call(troubleOf(this.#facts, call, 'STORE_UNAVAILABLE'), perform);
  }

  async #write<T>(call: string, perform: () => Promise<T> | T): Promise<T> {
    this.#writeSync(call);
    return this.#call(call, perform);
  }

  #writeSync(call: string): void {
    this.#facts.process.require();
    this.#facts.writes(call);
  }
}

/** The metadata, as far as an engine needs it. */
export class MetadataView {
  readonly #facts: ViewFacts;
  readonly #truth: TrueMetadata;

  constructor(facts: ViewFacts, truth: TrueMetadata) {
    this.#facts = facts;
    this.#truth = truth;
  }

  /** As the contract; what is not asked for here is not there. */
  get store(): MetadataStore {
    return this as unknown as MetadataStore;
  }

  // oxlint-disable-next-line max-params -- the contract's
  async acquireLease(
    flow: string,
    run: string,
    owner: string,
    leaseMs: number,
    force = false,
  ): Promise<Lease> {
    return this.#call('acquire the lease', () => this.#truth.acquire(flow, run, owner, { leaseMs, force }));
  }

  async renewLease(lease: Lease, leaseMs: number): Promise<void> {
    return this.#call('renew the lease', () => this.#truth.renew(lease, leaseMs));
  }

  async releaseLease(lease: Lease): Promise<void> {
    return this.#call('release the lease', () => this.#truth.release(lease));
  }

  async append(lease: Lease, events: readonly RunEvent[]): Promise<number> {
    return this.#call(`append ${events.length} events`, () => {
      const end = this.#truth.append(lease, events);
      this.#facts.logged(events);
      return end;
    });
  }

  async *events(
    _flow = '',
    _run = '',
    after = 0,
  ): AsyncIterable<{ readonly seq: number; readonly event: RunEvent }> {
    const log = await this.#call('read the log', () => this.#truth.log.slice(after));
    for (const [index, event] of log.entries()) yield { seq: after + index + 1, event };
  }

  async #call<T>(call: string, perform: () => Promise<T> | T): Promise<T> {
    return this.#facts.process.call(troubleOf(this.#facts, call, 'METADATA_UNAVAILABLE'), perform);
  }
}

const layerTrouble = (call: string): Trouble => ({
  call,
  fails: 0,
  answerLost: 0,
  error: (message) => new Error(message),
});

/** A layer. What it does by itself is its own; here its answers are on their way. */
export function viewLayer(
  layer: SimulatedLayer,
  { process, random, tokens, writes, submits }: ViewFacts,
): ComputeLayer {
  const ask = async <T>(call: string, perform: () => Promise<T>): Promise<T> =>
    process.call(layerTrouble(call), perform);
  return {
    name: layer.name,
    contract: layer.contract,
    capabilities: layer.capabilities,
    check: async () => [],
    submit: async (batch: readonly AttemptRequest[]) => {
      writes(`submit ${batch.map(({ name }) => name).join(' ')}`);
      submits(batch);
      return ask('submit', async () => {
        // A request that is sent twice must start nothing twice.
        if (random.chance(0.05) && tokens) await layer.submit(batch).catch(() => undefined);
        return layer.submit(batch);
      });
    },
    poll: async (jobs: readonly JobId[], options: PollOptions) => {
      const answer = await ask('poll', async () => layer.poll(jobs, options));
      if (!options.signal.aborted) return answer;
      // One that was cut short may know less than it was asked for.
      return new Map([...answer].filter(() => random.chance(0.5)));
    },
    find: async (tokens) => ask('find', async () => layer.find(tokens)),
    cancel: async (jobs, options) => {
      writes(`cancel ${jobs.length} jobs`);
      return ask('cancel', async () => layer.cancel(jobs, options));
    },
    async *logs(job: JobId): AsyncGenerator<LogChunk, void, undefined> {
      const chunks = layer.logs(job);
      for (;;) {
        const next = await ask('logs', async () => chunks.next());
        if (next.done === true) return;
        yield next.value;
      }
    },
    diagnose: async (job) => ask('diagnose', async () => layer.diagnose(job)),
    close: async () => {},
  };
}
