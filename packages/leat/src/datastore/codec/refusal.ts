import { types } from 'node:util';
import { LeatError } from '../../errors/index.ts';
import { printPlace, type ValuePlace } from './value-path.ts';

const inAStep = 'Keep it in a local variable, and store the data that it is made from.';

/** What to do about a value of a built-in class that is no data. */
const remedies: Readonly<Record<string, string>> = {
  Promise: 'Wait for it: `await` the promise and store its value.',
  WeakMap: 'Store a Map.',
  WeakSet: 'Store a Set.',
  WeakRef: 'Store what it points to.',
  Blob: 'Store its bytes: `new Uint8Array(await blob.arrayBuffer())`.',
  File: "Store its bytes: `new Uint8Array(await file.arrayBuffer())`, or a file of this machine: `file('path')`.",
  SharedArrayBuffer: 'Store a copy: `new Uint8Array(shared).slice()`.',
  Headers: 'Store its entries: `[...headers]`.',
  FormData: 'Store its entries: `[...form]`.',
  URLSearchParams: 'Store its text: `String(params)`.',
  Request: 'Store what it was made from: the URL and the options.',
  Response: 'Store its body: `await response.json()`, or bytes.',
  ReadableStream: 'Store what it yields as a file: `file(stream, { name })`.',
  Readable: 'Store what it yields as a file: `file(stream, { name })`.',
  ReadStream: "Store the file itself: `file('path')`.",
  Generator: 'Store what it yields: `[...generator]`.',
  AsyncGenerator: 'Store what it yields: `await Array.fromAsync(generator)`.',
};

/** The error for a value that is no data: which field, what it is, what to store instead. */
export function refuseValue(root: string, place: ValuePlace | undefined, value: unknown): LeatError {
  const path = printPlace(root, place);
  const { what, hint } = explain(value);
  return new LeatError('ARTIFACT_UNSUPPORTED', `${path} is ${what}`, { hint, details: { path } });
}

/** The error for an object with a field named by a symbol, which no store of data keeps. */
export function refuseSymbolKey(root: string, place: ValuePlace | undefined, key: symbol): LeatError {
  const path = printPlace(root, place);
  return new LeatError(
    'ARTIFACT_UNSUPPORTED',
    `${path} has a field that is named by a symbol, ${String(key)}`,
    {
      hint: 'Name the field with a string.',
      details: { path },
    },
  );
}

/** The error for what V8 itself would not write, for a reason that no look at the value has found. */
export function refuseUnknown(root: string, cause: unknown): LeatError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LeatError('ARTIFACT_UNSUPPORTED', `${root} cannot be stored: ${reason}`, {
    hint: 'Artifacts are data: plain objects, arrays, Map, Set, Date, typed arrays, errors, …',
    cause,
    details: { path: root },
  });
}

/** The error for a value that nests deeper than it could be read again. */
export function refuseDepth(root: string, place: ValuePlace | undefined, levels: number): LeatError {
  const path = printPlace(root, place);
  return new LeatError(
    'ARTIFACT_UNSUPPORTED',
    `${root} is nested more than ${levels.toLocaleString('en')} levels deep`,
    {
      hint: 'Store it flat: for a linked list or a deep tree, an array of its nodes that refer to each other by index.',
      details: { path },
    },
  );
}

function explain(value: unknown): { what: string; hint: string } {
  if (typeof value === 'function') return explainFunction(value);
  if (typeof value === 'symbol')
    return { what: `a symbol, ${String(value)}`, hint: 'Store a string instead.' };
  if (typeof value !== 'object' || value === null) return { what: `a ${typeof value}`, hint: inAStep };
  if (types.isProxy(value))
    return { what: 'a Proxy', hint: 'Store the plain object behind it, or a copy: `{ ...value }`.' };
  if (types.isExternal(value)) return { what: 'a handle of native code', hint: inAStep };
  if (types.isArgumentsObject(value))
    return { what: "a function's `arguments`", hint: 'Store a copy: `[...arguments]`.' };
  if (types.isModuleNamespaceObject(value)) return { what: 'a module', hint: 'Import it where it is used.' };
  const name = className(value);
  const known = remedies[name];
  if (known !== undefined) return { what: `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`, hint: known };
  if (name === '')
    return { what: 'an instance of a class without a name', hint: 'Store its fields: `{ ...value }`.' };
  return {
    what: `an instance of class ${name}`,
    hint: 'Store its fields (`{ ...value }`), and make the instance again where it is used.',
  };
}

function explainFunction(value: object & { readonly name: string }): { what: string; hint: string } {
  const isClass = /^class\b/.test(Function.prototype.toString.call(value));
  const name = value.name === '' ? '' : ` ${JSON.stringify(value.name)}`;
  return {
    what: isClass ? `a class${name}` : 'a function',
    hint: 'Artifacts are data. Keep code in the flow file or in a module that it imports.',
  };
}

/** The name of the class that made an object, as far as it says so. */
export function className(value: object): string {
  const made: unknown = (Object.getPrototypeOf(value) as { constructor?: unknown } | null)?.constructor;
  if (types.isGeneratorObject(value)) return Symbol.asyncIterator in value ? 'AsyncGenerator' : 'Generator';
  return typeof made === 'function' ? made.name : '';
}
