import fc from 'fast-check';

/** Any text, lone surrogates included. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('\ud800', 'a\udc00b', '__proto__', ''),
);

const primitive = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, NaN, Infinity, -Infinity, 2n ** 200n),
);

const binary = fc.oneof(
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int8Array(),
  fc.uint16Array(),
  fc.int16Array(),
  fc.uint32Array(),
  fc.int32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map((list) => BigInt64Array.from(list)),
  fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map((list) => BigUint64Array.from(list)),
  fc.array(fc.integer({ min: -2048, max: 2048 })).map((list) => Float16Array.from(list)),
  fc.uint8Array().map((bytes) => new Uint8Array(bytes).buffer),
  fc.uint8Array().map((bytes) => new DataView(new Uint8Array(bytes).buffer)),
);

const leaf = fc.oneof(
  { weight: 4, arbitrary: primitive },
  binary,
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(/a/, /\p{L}+/giu, new Date(NaN)),
  fc.webUrl().map((url) => new URL(url)),
  primitive.filter((value) => value !== null && value !== undefined).map((value): unknown => Object(value)),
);

const errorClasses = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
] as const;

/** Errors of the built-in classes with causes and fields. */
function errors(value: fc.Arbitrary<unknown>): fc.Arbitrary<Error> {
  const made = fc.record({
    Kind: fc.constantFrom(...errorClasses),
    message: text,
    cause: fc.option(value),
    fields: fc.dictionary(fc.stringMatching(/^f[a-z]{0,3}$/), value, { maxKeys: 2 }),
  });
  const plain = made.map(({ Kind, message, cause, fields }) =>
    Object.assign(new Kind(message, cause === null ? undefined : { cause }), fields),
  );
  const many = fc
    .tuple(fc.array(plain, { maxLength: 3 }), text)
    .map(([list, message]) => new AggregateError(list, message));
  return fc.oneof({ weight: 3, arbitrary: plain }, many);
}

/** An array with holes. */
const sparse = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> =>
  fc.array(fc.tuple(fc.nat(50), value), { maxLength: 4 }).map((entries) => {
    const array: unknown[] = [];
    for (const [index, entry] of entries) array[index] = entry;
    return array;
  });

const nested = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    sparse(tie('value')),
    fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
    fc.array(tie('value'), { maxLength: 4 }).map((entries) => new Set(entries)),
    errors(tie('value')),
  ),
})).value;

/** The containers in a value that something can be put into, each once. */
function containers(value: unknown, found: Set<object> = new Set()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value)) return found;
  const isContainer =
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof Error ||
    Object.getPrototypeOf(value) === Object.prototype;
  if (!isContainer) return found;
  found.add(value);
  const children = value instanceof Map ? [...value.keys(), ...value.values()] : Object.values(value);
  for (const child of children) containers(child, found);
  return found;
}

function tie(from: object, to: object): void {
  if (Array.isArray(from)) from.push(to);
  else if (from instanceof Map) from.set('tied', to);
  else (from as Record<string, unknown>)['tied'] = to;
}

/** Any value that can be stored, of all kinds, with shared objects and cycles. */
export const anyData: fc.Arbitrary<unknown> = fc
  .tuple(nested, fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 3 }))
  .map(([value, ties]) => {
    const found = [...containers(value)];
    for (const [from, to] of found.length === 0 ? [] : ties)
      tie(found[from % found.length]!, found[to % found.length]!);
    return value;
  });
