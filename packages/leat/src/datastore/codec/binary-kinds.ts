/** The kinds of binary data that keep their type, in the order of their numbers in `v8/1`: add at the end only. */
const kinds = [
  'Buffer',
  'ArrayBuffer',
  'DataView',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
] as const;

export type BinaryKind = (typeof kinds)[number];

type ViewConstructor = new (buffer: ArrayBuffer) => ArrayBufferView;

const kindNames: ReadonlySet<string> = new Set(kinds);

/** The kind of a view or an ArrayBuffer; `undefined` for anything else, and for subclasses. */
export function binaryKind(value: object): BinaryKind | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  const name = (prototype as { constructor?: { name?: unknown } } | null)?.constructor?.name;
  if (typeof name !== 'string' || !kindNames.has(name === 'FastBuffer' ? 'Buffer' : name)) return undefined;
  return name === 'FastBuffer' ? 'Buffer' : (name as BinaryKind);
}

/** The number that stands for a kind in `v8/1`. */
export const kindNumber = (kind: BinaryKind): number => kinds.indexOf(kind);

/** The inverse of {@link kindNumber}. */
export const kindByNumber = (number: number): BinaryKind | undefined => kinds[number];

/** Whether a text names a kind. */
export const isBinaryKind = (name: string): name is BinaryKind => kindNames.has(name);

/** The bytes of a view or an ArrayBuffer, without a copy. */
export function bytesOf(value: ArrayBufferView | ArrayBuffer): Uint8Array {
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/**
 * A value of some kind that owns exactly these bytes. They are copied unless they fill a buffer of their own: people
 * read `array.buffer`, which must then hold the array and nothing else. `undefined` when the length does not fit the
 * kind, or this Node does not know it.
 */
export function fromBytes(kind: BinaryKind, bytes: Uint8Array): ArrayBufferView | ArrayBuffer | undefined {
  const buffer = ownBuffer(bytes);
  if (kind === 'ArrayBuffer') return buffer;
  if (kind === 'Buffer') return Buffer.from(buffer);
  if (kind === 'DataView') return new DataView(buffer);
  const View = (globalThis as unknown as Record<string, ViewConstructor & { BYTES_PER_ELEMENT: number }>)[
    kind
  ];
  if (View === undefined || buffer.byteLength % View.BYTES_PER_ELEMENT !== 0) return undefined;
  return new View(buffer);
}

function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) return buffer;
  return new Uint8Array(bytes).buffer;
}
