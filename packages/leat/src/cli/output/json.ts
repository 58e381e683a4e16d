/**
 * Values as JSON, for programs: what JSON has no form for is written in the nearest one. A Map is an object when its keys
 * are text, else a list of pairs; a Set and a typed array are lists; a BigInt and a Date are text; a cycle ends in its path.
 */
import { StoredFile } from '../../client/index.ts';

function plainError(error: Error): object {
  const { name, message, cause } = error;
  return {
    ...Object.fromEntries(Object.entries(error)),
    name,
    message,
    ...(cause === undefined ? {} : { cause }),
  };
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): readonly number[] {
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
}

function plainMap(map: ReadonlyMap<unknown, unknown>): object {
  const byName = [...map.keys()].every((key) => typeof key === 'string');
  return byName ? (Object.fromEntries(map) as object) : [...map];
}

function plainObject(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) return plainMap(value);
  if (value instanceof Set) return [...value];
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Error) return plainError(value);
  if (value instanceof StoredFile) return { file: value.name, size: value.size, hash: value.hash };
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return bytesOf(value);
  return value;
}

const isTypedArray = (value: unknown): value is Iterable<number | bigint> =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

function convert(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[cycle]';
  const plain = isTypedArray(value) ? [...value] : plainObject(value);
  if (typeof plain !== 'object' || plain === null) return plain;
  const within = [...above, value];
  if (Array.isArray(plain)) return plain.map((one) => convert(one, within) ?? null);
  return Object.fromEntries(Object.entries(plain).map(([name, one]) => [name, convert(one, within)]));
}

/** A value as data that `JSON.stringify` can print. */
export const toJson = (value: unknown): unknown => convert(value, []) ?? null;

/** One JSON document, indented when people look at it. */
export const jsonText = (value: unknown, forPeople: boolean): string =>
  `${JSON.stringify(toJson(value), undefined, forPeople ? 2 : undefined)}\n`;
