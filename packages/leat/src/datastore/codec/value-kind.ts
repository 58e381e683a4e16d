import { types } from 'node:util';
import { binaryKind } from './binary-kinds.ts';
import { isFile } from '../files/file-value.ts';
import { className } from './refusal.ts';

/**
 * What an object is to the codecs. `leaf`: data without children that V8 keeps as it is. `error`, `url`, `temporal` and
 * `file` are kept by a detour; `refused` is no data.
 */
export type ValueKind =
  | 'object'
  | 'array'
  | 'map'
  | 'set'
  | 'binary'
  | 'leaf'
  | 'error'
  | 'url'
  | 'temporal'
  | 'file'
  | 'refused';

// Tried in this order. `name`: the class that the value must be of, no subclass, to be data of that kind.
const builtIns: readonly { is: (value: object) => boolean; kind: ValueKind; name?: string }[] = [
  { is: Array.isArray, kind: 'array', name: 'Array' },
  { is: types.isMap, kind: 'map', name: 'Map' },
  { is: types.isSet, kind: 'set', name: 'Set' },
  { is: (value) => ArrayBuffer.isView(value) || types.isArrayBuffer(value), kind: 'binary' },
  { is: (value) => Error.isError(value) || value instanceof Error, kind: 'error' },
  { is: types.isDate, kind: 'leaf', name: 'Date' },
  { is: types.isRegExp, kind: 'leaf', name: 'RegExp' },
  { is: types.isSymbolObject, kind: 'refused' },
  { is: types.isBoxedPrimitive, kind: 'leaf' },
  { is: (value) => value instanceof URL, kind: 'url', name: 'URL' },
  { is: (value) => temporalClass(value) !== undefined, kind: 'temporal' },
];

const notData = [types.isProxy, types.isArgumentsObject, types.isModuleNamespaceObject] as const;

/** Sorts an object. Works across realms (`node:vm`, test runners): by what it is and its class's name, not by identity. */
export function valueKind(value: object): ValueKind {
  if (notData.some((is) => is(value))) return 'refused';
  if (isFile(value)) return 'file';
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) return 'object';
  const found = builtIns.find(({ is }) => is(value));
  if (found === undefined) return isForeignPlain(prototype) ? 'object' : 'refused';
  if (found.kind === 'binary') return binaryKind(value) === undefined ? 'refused' : 'binary';
  return found.name === undefined || className(value) === found.name ? found.kind : 'refused';
}

/** `Instant`, `PlainDate`, … for a value of `Temporal`. */
export function temporalClass(value: object): string | undefined {
  const tag: unknown = (value as Record<symbol, unknown>)[Symbol.toStringTag];
  if (typeof tag !== 'string' || !tag.startsWith('Temporal.')) return undefined;
  const name = tag.slice('Temporal.'.length);
  return className(value) === name ? name : undefined;
}

/** `Object.prototype` of another realm. */
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}
