/**
 * Values as JSON, for programs: what JSON has no form for is written in the nearest one. A Map is an object when its keys
 * are text, else a list of pairs; a Set and a typed array are lists; a BigInt and a Date are text; a cycle ends in its path.
 */
import { StoredFile } from '../../client/index.ts';

function plainObject(value: object): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Map) {
    const entries = [...value];
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : entries;
  }
  if (value instanceof Set) return [...value];
  if (value instanceof RegExp || value instanceof URL) return String(value);
  if (value instanceof Error) return { ...value, name: value.name, message: value.message, ...(value.cause === undefined ? {} : { cause: value.cause }) };
  if (value instanceof StoredFile) return { file: value.name, size: value.size, hash: value.hash };
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  return value;
}

const isTypedArray = (value: unknown): value is Iterable<number | bigint> => ArrayBuffer.isView(value) && !(value instanceof DataView);

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
export const jsonText = (value: unknown, forPeople: boolean): string => `${JSON.stringify(toJson(value), undefined, forPeople ? 2 : undefined)}\n`;
