/**
 * `Inputs`: what a join sees of the tasks that it joins. This file has the types and the list; where a task's artifacts
 * come from, and when they are loaded, is the business of whoever makes the entries.
 */
/** A method that may be a step. */
export type AnyStep = (...args: never[]) => unknown;

/** The members of `Flow` itself, which are neither steps nor artifacts. */
export type FlowMember = 'next' | 'merge' | 'input' | 'index' | 'foreachStack';

/** What every flow is, without a look at its class: `flow.ts` stands above this file. */
export type FlowLike = { readonly [K in FlowMember]: unknown };

/** Marks the parameter of a join; exists in types only. */
export declare const joins: unique symbol;

/** Names of the methods of a flow that may be steps. */
export type StepName<F> = {
  [K in keyof F]-?: K extends FlowMember ? never : F[K] extends AnyStep ? K : never;
}[keyof F] &
  string;

/** The fields of a flow: its artifacts and parameters, read-only. */
export type Artifacts<F> = {
  readonly [K in keyof F as K extends FlowMember ? never : F[K] extends AnyStep ? never : K]: F[K];
};

/**
 * One of the tasks that a join joins: its artifacts, each loaded on first touch.
 * `Item` types the `input`, the foreach item that the task worked on.
 */
export type Input<F extends FlowLike, Item = unknown> = Artifacts<F> & {
  readonly input: Item;
  /** The position in the split. */
  readonly index: number;
};

/**
 * A read-only list whose entries are made on first touch; in the order of the split, whatever finished first. There may be a
 * million: going over them in order reads them in bulk and holds few of them at a time. Keep what you take from an entry rather
 * than the entry, which holds all that was read of it; thousands of entries later the same position gives another object.
 *
 * @example const scores = inputs.map((task) => task.score); // number[]
 */
export interface InputList<T> extends Iterable<T> {
  readonly length: number;
  readonly [index: number]: T;
  at(index: number): T | undefined;
  map<U>(make: (task: T, index: number) => U): U[];
  flatMap<U>(make: (task: T, index: number) => U | readonly U[]): U[];
  filter(keep: (task: T, index: number) => unknown): InputList<T>;
  find(wanted: (task: T, index: number) => unknown): T | undefined;
  some(holds: (task: T, index: number) => unknown): boolean;
  every(holds: (task: T, index: number) => unknown): boolean;
  forEach(act: (task: T, index: number) => void): void;
  /** Without a first value an empty list is a TypeError, as with arrays. */
  reduce(merge: (left: T, right: T, index: number) => T): T;
  reduce<U>(merge: (left: U, right: T, index: number) => U, first: U): U;
}

/**
 * The parameter of a join: the tasks of the split that it closes. After a branch `inputs.stepName` is the task that came
 * by that step.
 *
 * @example
 * @step choose(inputs: Inputs<TrainFlow>) {
 *   this.best = inputs.reduce((a, b) => (b.score > a.score ? b : a)).model;
 *   this.next(this.end);
 * }
 */
export type Inputs<F extends FlowLike, Item = unknown> = InputList<Input<F, Item>> & {
  readonly [K in Exclude<StepName<F>, keyof InputList<unknown>>]?: Input<F, Item>;
} & { readonly [joins]: true };

/** Where a list takes its entries from. */
export interface InputSource<T> {
  readonly length: number;
  /** Called at every touch: keep what is dear to make. `index` is within bounds. */
  at(index: number): T;
  /** For a branch: the position of the task that came by a step. Absent for a foreach. */
  readonly branches?: ReadonlyMap<string, number>;
}

/**
 * Makes the object that a join gets. Methods and `length` win over branches of the same name.
 *
 * @returns an object that fits {@link Inputs}; nothing is loaded yet
 */
export function makeInputs<T>(source: InputSource<T>): InputList<T> {
  const { length, branches } = source;
  const list = new Entries<T>(length, (index) => source.at(index));
  return new Proxy(list as unknown as InputList<T>, {
    get: (_, property): unknown => {
      const position = positionOf(property, branches, list);
      return position === undefined ? Reflect.get(list, property) : list.at(position);
    },
    has: (_, property) => property in list || (positionOf(property, branches, list) ?? length) < length,
  });
}

function positionOf(
  property: string | symbol,
  branches: ReadonlyMap<string, number> | undefined,
  list: object,
): number | undefined {
  if (typeof property === 'symbol') return undefined;
  if (/^\d+$/.test(property)) return Number(property);
  return property in list ? undefined : branches?.get(property);
}

/** No private fields: methods are called on the proxy. They take `length` and `at` from it once, since that is what costs. */
class Entries<T> {
  // Bundles shorten names, and this one is shown.
  static {
    Object.defineProperty(this, 'name', { value: 'Inputs' });
  }

  readonly length: number;
  declare readonly at: (index: number) => T | undefined;

  constructor(length: number, entry: (index: number) => T) {
    this.length = length;
    const at = (index: number): T | undefined => {
      const position = index < 0 ? length + index : index;
      return position >= 0 && position < length ? entry(position) : undefined;
    };
    Object.defineProperty(this, 'at', { value: at });
  }

  *[Symbol.iterator](): Generator<T> {
    const { length, at } = this;
    for (let index = 0; index < length; index++) yield at(index) as T;
  }

  map<U>(make: (task: T, index: number) => U): U[] {
    const { length, at } = this;
    return Array.from({ length }, (_, index) => make(at(index) as T, index));
  }

  flatMap<U>(make: (task: T, index: number) => U | readonly U[]): U[] {
    const { length, at } = this;
    const made: U[] = [];
    for (let index = 0; index < length; index++) {
      const part = make(at(index) as T, index);
      if (Array.isArray(part)) for (const each of part as readonly U[]) made.push(each);
      else made.push(part as U);
    }
    return made;
  }

  filter(keep: (task: T, index: number) => unknown): InputList<T> {
    const { length, at } = this;
    const kept: number[] = [];
    for (let index = 0; index < length; index++) if (keep(at(index) as T, index)) kept.push(index);
    return makeInputs({ length: kept.length, at: (index) => at(kept[index] as number) as T });
  }

  find(wanted: (task: T, index: number) => unknown): T | undefined {
    const { length, at } = this;
    for (let index = 0; index < length; index++) {
      const task = at(index) as T;
      if (wanted(task, index)) return task;
    }
    return undefined;
  }

  some(holds: (task: T, index: number) => unknown): boolean {
    const { length, at } = this;
    for (let index = 0; index < length; index++) if (holds(at(index) as T, index)) return true;
    return false;
  }

  every(holds: (task: T, index: number) => unknown): boolean {
    return !this.some((task, index) => !holds(task, index));
  }

  forEach(act: (task: T, index: number) => void): void {
    const { length, at } = this;
    for (let index = 0; index < length; index++) act(at(index) as T, index);
  }

  reduce<U>(...call: [(left: U, right: T, index: number) => U, U?]): U {
    const { length, at } = this;
    const [merge] = call;
    if (call.length === 1 && length === 0) {
      throw new TypeError('reduce of empty inputs with no initial value');
    }
    let result = call.length > 1 ? (call[1] as U) : (at(0) as unknown as U);
    for (let index = call.length > 1 ? 0 : 1; index < length; index++) {
      result = merge(result, at(index) as T, index);
    }
    return result;
  }
}
