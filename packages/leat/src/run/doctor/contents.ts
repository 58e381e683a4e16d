import type { Datastore } from '../../datastore/datastore.ts';
import { setAside } from '../../datastore/set-aside.ts';
import { goneReason, verifyContent } from '../../datastore/verify-content.ts';
import { isLeatError } from '../../errors/index.ts';
import { KeySet } from './key-set.ts';

/** Faults that are remembered; beyond them, a fault is told to the first only who asks for its object. */
const mostFaults = 10_000;

/** Why an object cannot be used. */
export interface Fault {
  readonly kind: 'content-missing' | 'content-damaged' | 'unreadable';
  readonly reason: string;
  /** What was done about it. */
  readonly repaired?: string;
}

/** How objects are looked at. */
export interface ContentsOptions {
  /** Only whether an object is there, not whether it is whole. */
  readonly quick: boolean;
  /** Damaged objects are moved aside. */
  readonly repair: boolean;
}

/** Looks at each object that is named by its content once, however many refer to it. */
export class Contents {
  readonly #store: Datastore;
  readonly #options: ContentsOptions;
  readonly #seen = new KeySet();
  readonly #faults = new Map<string, Fault>();
  /** Objects looked at so far. */
  checked = 0;

  constructor(store: Datastore, options: ContentsOptions) {
    this.#store = store;
    this.#options = options;
  }

  /** Whether somebody has asked for it. */
  has(key: string): boolean {
    return this.#seen.has(key);
  }

  /** What is wrong with an object. */
  async faultOf(key: string): Promise<Fault | undefined> {
    const known = this.#faults.get(key);
    if (known !== undefined) return known;
    if (!this.#seen.add(key)) return undefined;
    this.checked += 1;
    const fault = await this.#look(key);
    if (fault !== undefined && this.#faults.size < mostFaults) this.#faults.set(key, fault);
    return fault;
  }

  async #look(key: string): Promise<Fault | undefined> {
    try {
      const reason = this.#options.quick ? await this.#missing(key) : await verifyContent(this.#store, key);
      if (reason === undefined) return undefined;
      if (reason === goneReason) return { kind: 'content-missing', reason };
      if (!this.#options.repair) return { kind: 'content-damaged', reason };
      return { kind: 'content-damaged', reason, repaired: `moved to '${await setAside(this.#store, key)}'` };
    } catch (error) {
      if (!isLeatError(error)) throw error;
      return { kind: 'unreadable', reason: error.message };
    }
  }

  async #missing(key: string): Promise<string | undefined> {
    return (await this.#store.stat(key)) === undefined ? goneReason : undefined;
  }
}
