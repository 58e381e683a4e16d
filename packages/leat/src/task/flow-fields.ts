/**
 * The fields of a flow object while one of its steps runs: parameters that cannot be set, artifacts that load on first
 * touch, and what the step has made of them in the end. It knows fields and references, not steps or inputs.
 */
import type { ArtifactStore } from '../datastore/artifact-store.ts';
import { InlineBudget } from '../datastore/inline-budget.ts';
import type { ArtifactRef } from '../datastore/manifest.ts';
import { LeatError } from '../errors/index.ts';
import { parameterFacts } from '../flow/parameter.ts';

/** Artifacts by name. */
export type ArtifactRefs = Readonly<Record<string, ArtifactRef>>;

type Fields = Record<string, unknown>;

export class FlowFields {
  readonly #fields: Fields;
  readonly #store: ArtifactStore;
  readonly #parameters: ReadonlySet<string>;
  /** What the constructor made, so that the step's own assignments can be told from it. */
  readonly #initial: ReadonlyMap<string, unknown>;
  readonly #inherited = new Map<string, { readonly ref: ArtifactRef; readonly read: () => unknown }>();

  /** `parameters` gives the values of the run; it is called when a parameter is first read. */
  constructor(flow: object, store: ArtifactStore, parameters: () => Readonly<Record<string, unknown>>) {
    this.#fields = flow as Fields;
    this.#store = store;
    const fields = Object.entries(this.#fields);
    this.#parameters = new Set(
      fields.filter(([, value]) => parameterFacts(value) !== undefined).map(([name]) => name),
    );
    this.#initial = new Map(fields.filter(([name]) => !this.#parameters.has(name)));
    for (const name of this.#parameters) this.#bindParameter(name, parameters);
    // `score: number;` without `declare` makes a field that holds undefined: nobody has set it.
    for (const [name, value] of this.#initial)
      if (value === undefined) this.#define(name, () => undefined, false);
  }

  /** Artifacts that an earlier task has set. They are loaded on first touch, and passed on as they are if never touched. */
  inherit(refs: ArtifactRefs): void {
    for (const [name, ref] of Object.entries(refs)) {
      if (this.#parameters.has(name)) continue;
      const read = (): unknown => {
        const value = this.#store.load(ref);
        this.#replace(name, value);
        return value;
      };
      this.#inherited.set(name, { ref, read });
      this.#define(name, read, true);
    }
  }

  /** What an artifact of an earlier task refers to. */
  inheritedRef(name: string): ArtifactRef | undefined {
    return this.#inherited.get(name)?.ref;
  }

  /** Whether the flow's class, or a base class of it, has a getter of this name. */
  hasGetter(name: string): boolean {
    let each: object | null = this.#fields;
    while ((each = Object.getPrototypeOf(each) as object | null) !== null) {
      const property = Object.getOwnPropertyDescriptor(each, name);
      if (property !== undefined) return property.get !== undefined;
    }
    return false;
  }

  /** What such a getter gives with `of` as its `this`. */
  compute(name: string, of: object): unknown {
    return Reflect.get(Object.getPrototypeOf(this.#fields) as object, name, of);
  }

  /** Lets reading a field throw, as long as nobody has set it. */
  refuseUnset(name: string, error: () => LeatError): void {
    if (this.hasGetter(name)) return;
    if (this.#inherited.has(name) || this.isSet(name) || this.#parameters.has(name)) return;
    if (this.#initial.get(name) !== undefined) return;
    this.#define(
      name,
      () => {
        throw error();
      },
      false,
    );
  }

  /** Whether the step itself has set a field: what the constructor has made or an earlier task has left does not count. */
  isSet(name: string): boolean {
    const property = Object.getOwnPropertyDescriptor(this.#fields, name);
    if (property === undefined || !('value' in property)) return false;
    return !(this.#initial.has(name) && Object.is(this.#initial.get(name), property.value));
  }

  /** Whether a name is a parameter: those are the run's, and no artifacts. */
  isParameter(name: string): boolean {
    return this.#parameters.has(name);
  }

  /** Sets a field as the step would. */
  set(name: string, value: unknown): void {
    this.#replace(name, value);
  }

  /** Stores what the step has set or touched, and says what every field refers to now. */
  async save(): Promise<ArtifactRefs> {
    const budget = new InlineBudget();
    const saved: Record<string, ArtifactRef> = {};
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(this.#fields))) {
      if (property.enumerable !== true || this.#parameters.has(name)) continue;
      const inherited = this.#inherited.get(name);
      if (inherited !== undefined && property.get === inherited.read) {
        saved[name] = inherited.ref;
        continue;
      }
      const value = this.#fields[name];
      // A helper that every object of the class gets anew: `format = (x: number) => …`.
      if (typeof value === 'function' && this.#initial.get(name) === value) continue;
      saved[name] = await this.#store.saveAsync(name, value, budget, inherited?.ref);
    }
    return saved;
  }

  #bindParameter(name: string, parameters: () => Readonly<Record<string, unknown>>): void {
    Object.defineProperty(this.#fields, name, {
      enumerable: true,
      configurable: false,
      get: () => parameters()[name],
      set: () => {
        throw new LeatError(
          'ARTIFACT_READ_ONLY',
          `'this.${name}' is a parameter and cannot be set by a step`,
          {
            hint: `Keep the new value in a field of another name, or start the run with another --${name}.`,
            details: { name },
          },
        );
      },
    });
  }

  #define(name: string, get: () => unknown, enumerable: boolean): void {
    const set = (value: unknown): void => this.#replace(name, value);
    Object.defineProperty(this.#fields, name, { get, set, enumerable, configurable: true });
  }

  #replace(name: string, value: unknown): void {
    Object.defineProperty(this.#fields, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}
