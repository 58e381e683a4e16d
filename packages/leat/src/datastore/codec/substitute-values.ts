import { className } from './refusal.ts';
import { elementKeys, errorFields, namedFields } from './survey-value.ts';
import { temporalClass, valueKind } from './value-kind.ts';

/** A value that V8 would not keep, as what is written instead. Errors are by number: their fields may lead back to them. */
export type Special =
  | { readonly kind: 'error'; readonly number: number; readonly base: string }
  | { readonly kind: 'url'; readonly text: string }
  | { readonly kind: 'temporal'; readonly className: string; readonly text: string }
  | { readonly kind: 'file'; readonly file: object };

/** The fields of an error, in the table that stands beside the value. */
export interface ErrorRecord {
  name?: string;
  message?: string;
  stack?: string;
  fields: Record<string, unknown>;
}

/** A copy of a value with placeholders, what each stands for, and the table of errors. */
export interface Substitution {
  readonly value: unknown;
  readonly specials: ReadonlyMap<object, Special>;
  readonly errors: readonly ErrorRecord[];
}

/** Error classes that come back as themselves, so that `instanceof TypeError` goes on to hold. */
export const errorBases = [
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
] as const;

/**
 * Copies the containers of a value (each once, without recursion) and puts a placeholder, an empty Uint8Array of its own,
 * where an error, URL, `Temporal` value or file stands. Everything else is shared with the original.
 */
export function substituteValues(value: unknown): Substitution {
  const substituter = new Substituter();
  const copy = substituter.replace(value);
  substituter.fill();
  return { value: copy, specials: substituter.specials, errors: substituter.errors };
}

class Substituter {
  readonly specials: Map<object, Special> = new Map();
  readonly errors: ErrorRecord[] = [];
  readonly #copies = new Map<object, object>();
  readonly #waiting: (() => void)[] = [];

  replace(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#copies.get(value);
    if (known !== undefined) return known;
    const copy = this.#copy(value);
    this.#copies.set(value, copy);
    return copy;
  }

  fill(): void {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) next();
  }

  #copy(value: object): object {
    switch (valueKind(value)) {
      case 'object':
        return this.#fillLater({}, (copy) => this.#copyFields(value, Object.keys(value), copy));
      case 'array':
        return this.#copyArray(value as unknown[]);
      case 'map':
        return this.#fillLater(new Map<unknown, unknown>(), (copy) => {
          for (const [key, entry] of value as Map<unknown, unknown>)
            copy.set(this.replace(key), this.replace(entry));
        });
      case 'set':
        return this.#fillLater(new Set<unknown>(), (copy) => {
          for (const entry of value as Set<unknown>) copy.add(this.replace(entry));
        });
      case 'error':
        return this.#copyError(value as Error);
      case 'url':
        return this.#placeholder({ kind: 'url', text: (value as URL).href });
      case 'temporal':
        return this.#placeholder({
          kind: 'temporal',
          className: temporalClass(value) ?? '',
          text: (value as { toString(): string }).toString(),
        });
      case 'file':
        return this.#placeholder({ kind: 'file', file: value });
      default:
        return value;
    }
  }

  #fillLater<T extends object>(copy: T, fill: (copy: T) => void): T {
    this.#waiting.push(() => fill(copy));
    return copy;
  }

  #copyFields(from: object, keys: Iterable<string | number>, to: object): void {
    for (const key of keys) {
      const value = this.replace((from as Record<string | number, unknown>)[key]);
      // Not an assignment: a field may be called `__proto__`.
      Object.defineProperty(to, key, { value, enumerable: true, configurable: true, writable: true });
    }
  }

  #copyArray(array: readonly unknown[]): unknown[] {
    const copy: unknown[] = [];
    copy.length = array.length;
    return this.#fillLater(copy, () => {
      for (const index of elementKeys(array)) if (index in array) copy[index] = this.replace(array[index]);
      this.#copyFields(array, namedFields(array), copy);
    });
  }

  #copyError(error: Error): object {
    const base = errorBases.find((name) => name !== 'Error' && isKindOf(error, name)) ?? 'Error';
    const record: ErrorRecord = { fields: {} };
    const name = errorName(error, base);
    if (name !== base) record.name = name;
    if (Object.hasOwn(error, 'message') || error.message !== '') record.message = error.message;
    if (typeof error.stack === 'string') record.stack = error.stack;
    const number = this.errors.push(record) - 1;
    this.#waiting.push(() => this.#copyFields(error, errorFields(error), record.fields));
    return this.#placeholder({ kind: 'error', number, base });
  }

  #placeholder(special: Special): object {
    const placeholder = new Uint8Array(0);
    this.specials.set(placeholder, special);
    return placeholder;
  }
}

function isKindOf(error: Error, name: string): boolean {
  for (let at: unknown = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
    if (
      Object.hasOwn(at as object, 'constructor') &&
      (at as { constructor: { name?: unknown } }).constructor.name === name
    )
      return true;
  }
  return false;
}

/** The name that an error has set, or else that of its class: `class RateLimit extends Error {}` is a RateLimit. */
function errorName(error: Error, base: string): string {
  const set = typeof error.name === 'string' ? error.name : base;
  return set === base ? className(error) || base : set;
}
