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

/** Sorts an object. Works across realms (`node:vm`, test runners): by what it is and its class's name, not by identity. */
export function valueKind(value: object): ValueKind {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (types.isProxy(value) || types.isArgumentsObject(value) || types.isModuleNamespaceObject(value))
    return 'refused';
  if (isFile(value)) return 'file';
  if (prototype === Object.prototype || prototype === null) return 'object';
  if (Array.isArray(value)) return own(value, 'Array', 'array');
  if (types.isMap(value)) return own(value, 'Map', 'map');
  if (types.isSet(value)) return own(value, 'Set', 'set');
  if (ArrayBuffer.isView(value) || types.isArrayBuffer(value))
    return binaryKind(value) === undefined ? 'refused' : 'binary';
  if (types.isNativeError(value) || value instanceof Error) return 'error';
  if (types.isDate(value)) return own(value, 'Date', 'leaf');
  if (types.isRegExp(value)) return own(value, 'RegExp', 'leaf');
  if (types.isBoxedPrimitive(value)) return types.isSymbolObject(value) ? 'refused' : 'leaf';
  if (value instanceof URL) return 'url';
  if (temporalClass(value) !== undefined) return 'temporal';
  return isForeignPlain(prototype as object) ? 'object' : 'refused';
}

/** `Instant`, `PlainDate`, … for a value of `Temporal`. */
export function temporalClass(value: object): string | undefined {
  const tag: unknown = (value as Record<symbol, unknown>)[Symbol.toStringTag];
  if (typeof tag !== 'string' || !tag.startsWith('Temporal.')) return undefined;
  const name = tag.slice('Temporal.'.length);
  return className(value) === name ? name : undefined;
}

function own(value: object, name: string, kind: ValueKind): ValueKind {
  return className(value) === name ? kind : 'refused';
}

/** `Object.prototype` of another realm. */
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}
