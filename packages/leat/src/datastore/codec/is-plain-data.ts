import { types } from 'node:util';

const plain = Object.prototype;
const deepest = 100;
const mostVisits = 20_000_000;
// An array with more holes than this is looked at by a walk that skips them.
const mostHoles = 4096;

// Named fields of arrays are looked for where they occur: in the result of a regular expression.
const mostMatchGroups = 8;

interface Walk {
  visits: number;
}

/**
 * Whether a value is certainly data that V8 keeps as it is: primitives, plain objects, arrays, Map, Set, Date, RegExp,
 * binary data. `false` only means that a closer look is needed. This is the fast way for nearly all values: no set of
 * visited objects (it would cost more than V8's own serialisation); a cycle shows as depth, and shared objects are
 * bounded by the number of visits.
 */
export function isPlainData(value: object): boolean {
  return visit(value, 0, { visits: 0 });
}

function visit(value: object, depth: number, walk: Walk): boolean {
  if (depth > deepest || ++walk.visits > mostVisits) return false;
  if (Array.isArray(value)) return visitArray(value, depth, walk);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === plain || prototype === null)
    return visitObject(value as Record<string, unknown>, depth, walk);
  if (prototype === Map.prototype || prototype === Set.prototype) return visitCollection(value, depth, walk);
  return isLeaf(value, prototype);
}

function visitObject(value: Record<string, unknown>, depth: number, walk: Walk): boolean {
  for (const key in value) {
    const child = value[key];
    if (
      typeof child === 'object' ? child !== null && !visit(child, depth + 1, walk) : !isPrimitiveData(child)
    )
      return false;
  }
  return Object.getOwnPropertySymbols(value).length === 0;
}

function visitArray(value: readonly unknown[], depth: number, walk: Walk): boolean {
  if (Object.getPrototypeOf(value) !== Array.prototype) return false;
  if (value.length <= mostMatchGroups && Object.keys(value).length > value.length) return false;
  let holes = 0;
  for (let index = 0; index < value.length; index++) {
    const child = value[index];
    if (typeof child === 'object') {
      if (child !== null && !visit(child, depth + 1, walk)) return false;
    } else if (child === undefined) {
      if (++holes > mostHoles) return false;
    } else if (!isPrimitiveData(child)) return false;
  }
  return true;
}

function visitCollection(value: object, depth: number, walk: Walk): boolean {
  const isMap = types.isMap(value);
  if (!isMap && !types.isSet(value)) return false;
  for (const entry of value) {
    const [first, second] = isMap ? (entry as [unknown, unknown]) : [entry, undefined];
    if (!isData(first, depth, walk) || !isData(second, depth, walk)) return false;
  }
  return true;
}

function isData(child: unknown, depth: number, walk: Walk): boolean {
  if (typeof child === 'object') return child === null || visit(child, depth + 1, walk);
  return isPrimitiveData(child);
}

const isPrimitiveData = (value: unknown): boolean => typeof value !== 'function' && typeof value !== 'symbol';

const leaves: ReadonlySet<unknown> = new Set([
  Date.prototype,
  RegExp.prototype,
  ArrayBuffer.prototype,
  DataView.prototype,
  Buffer.prototype,
  ...[Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array].map(
    (view) => view.prototype,
  ),
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array, Float16Array].map((view) => view.prototype),
]);

const isLeaf = (value: object, prototype: unknown): boolean =>
  leaves.has(prototype) &&
  (ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isDate(value) ||
    types.isRegExp(value));
