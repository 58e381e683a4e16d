import { types } from 'node:util';
import { isFile } from '../files/file-value.ts';
import { binaryKind } from './binary-kinds.ts';
import { className } from './refusal.ts';

/** What a value is, for people: `string`, `Array(3)`, `Float64Array(1000)`, `Map(2)`, `TypeError`, `file report.csv`. */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (isFile(value)) return `file ${(value as { name: string }).name}`;
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (types.isMap(value) || types.isSet(value)) return `${types.isMap(value) ? 'Map' : 'Set'}(${value.size})`;
  if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) return describeBinary(value);
  const name = className(value);
  return name === '' || name === 'Object' ? 'object' : name;
}

function describeBinary(value: ArrayBufferView | ArrayBuffer): string {
  const length = (value as { length?: number }).length ?? value.byteLength;
  return `${binaryKind(value) ?? 'binary'}(${length})`;
}
