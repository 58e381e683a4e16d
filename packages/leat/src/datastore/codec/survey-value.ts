import { refuseDepth, refuseSymbolKey, refuseValue } from './refusal.ts';
import { type ValueKind, valueKind } from './value-kind.ts';
import type { ValuePlace } from './value-path.ts';

/**
 * Deepest nesting that is stored. V8 writes and reads values recursively and gives up between 2,500 and 3,700 levels on
 * Node's default stack; what is written must be readable also where the stack is already half used.
 */
const deepestLevel = 1000;

const manyHoles = 4096;

/** What a value holds besides what V8 keeps by itself. */
export interface ValueSurvey {
  /** Errors, URLs, …: the value must be written by the detour of `substitute-values.ts`. */
  readonly special: boolean;
  /** The file objects in it, pending and stored. */
  readonly files: readonly object[];
}

interface Visit {
  readonly value: unknown;
  readonly place: ValuePlace | undefined;
  readonly depth: number;
}

/**
 * The exact look at a value, for those that are not obviously plain data: visits each object once, in the order in which
 * V8 does, without recursion. Throws `ARTIFACT_UNSUPPORTED` with the path of the first thing that cannot be stored.
 */
export function surveyValue(root: string, value: unknown): ValueSurvey {
  const seen = new Set<object>();
  const stack: Visit[] = [{ value, place: undefined, depth: 0 }];
  const files: object[] = [];
  let special = false;
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    const kind = lookAt(root, at, seen);
    if (kind === undefined) continue;
    if (kind === 'file') files.push(at.value as object);
    special ||= kind === 'error' || kind === 'url' || kind === 'temporal' || kind === 'file';
    for (const child of childrenOf(at.value as object, kind, at).toReversed()) stack.push(child);
  }
  return { special, files };
}

/** The kind of an object that is met for the first time; `undefined` for primitives and what was seen before. */
function lookAt(root: string, { value, place, depth }: Visit, seen: Set<object>): ValueKind | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') throw refuseValue(root, place, value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  if (depth > deepestLevel) throw refuseDepth(root, place, deepestLevel);
  const kind = valueKind(value);
  if (kind === 'refused') throw refuseValue(root, place, value);
  const [symbol] = kind === 'object' ? Object.getOwnPropertySymbols(value) : [];
  if (symbol !== undefined) throw refuseSymbolKey(root, place, symbol);
  return kind;
}

function childrenOf(value: object, kind: ValueKind, at: Visit): Visit[] {
  const children: Visit[] = [];
  const add = (child: unknown, key: string | number, how: ValuePlace['how']): void => {
    if (
      (typeof child === 'object' && child !== null) ||
      typeof child === 'function' ||
      typeof child === 'symbol'
    ) {
      children.push({ value: child, place: { parent: at.place, key, how }, depth: at.depth + 1 });
    }
  };
  if (kind === 'map') addEntries(value as Map<unknown, unknown>, add);
  else if (kind === 'set') addElements([...(value as Set<unknown>)], add, 'set-entry');
  else if (kind === 'array') addElements(value as unknown[], add);
  else if (kind === 'object') addFields(value as Record<string, unknown>, add);
  else if (kind === 'error') addErrorFields(value as Error, add);
  return children;
}

type Add = (child: unknown, key: string | number, how: ValuePlace['how']) => void;

function addEntries(map: ReadonlyMap<unknown, unknown>, add: Add): void {
  let index = 0;
  for (const [key, value] of map) {
    add(key, index, 'map-key');
    add(value, printKey(key, index), 'map-value');
    index += 1;
  }
}

function addElements(array: readonly unknown[], add: Add, how: 'index' | 'set-entry' = 'index'): void {
  for (const key of elementKeys(array)) add(array[key], key, how);
  for (const key of namedFields(array)) add((array as unknown as Record<string, unknown>)[key], key, 'field');
}

function printKey(key: unknown, index: number): string {
  if (typeof key === 'string') return JSON.stringify(key);
  return key === null || (typeof key !== 'object' && typeof key !== 'function')
    ? String(key)
    : `key ${index}`;
}

/** The indexes of an array that may hold something; an array of length 4 billion with three entries has three. */
export function* elementKeys(array: readonly unknown[]): Iterable<number> {
  let holes = 0;
  for (let index = 0; index < array.length; index++) {
    if (array[index] === undefined && ++holes > manyHoles) {
      yield* laterKeys(array, index);
      return;
    }
    yield index;
  }
}

function* laterKeys(array: readonly unknown[], from: number): Iterable<number> {
  for (const key of Object.keys(array)) if (isIndex(key) && Number(key) >= from) yield Number(key);
}

/** Named fields of an array (`match.index`): after the elements in the order of keys, so the search is short. */
export function namedFields(array: readonly unknown[]): readonly string[] {
  const keys = Object.keys(array);
  return keys.slice(keys.findLastIndex(isIndex) + 1);
}

const isIndex = (key: string): boolean => String(Number(key) >>> 0) === key && key !== '4294967295';

function addFields(value: Readonly<Record<string, unknown>>, add: Add): void {
  for (const key of Object.keys(value)) add(value[key], key, 'field');
}

function addErrorFields(error: Error, add: Add): void {
  for (const key of errorFields(error)) add((error as unknown as Record<string, unknown>)[key], key, 'field');
}

/** The fields of an error that hold data of their own: `cause`, `errors` and what the program added. */
export function errorFields(error: Error): readonly string[] {
  const fields = new Set(Object.keys(error));
  for (const key of ['cause', 'errors']) if (Object.hasOwn(error, key)) fields.add(key);
  for (const key of ['name', 'message', 'stack']) fields.delete(key);
  return [...fields];
}
