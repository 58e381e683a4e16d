/* oxlint-disable no-underscore-dangle -- the hooks of Node's serialisers have such names */
import v8 from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deserializer, Serializer } from './light-serializer.ts';

/** As the datastore does it. */
function write(value: unknown): Buffer {
  const writer = new Serializer();
  writer._setTreatArrayBufferViewsAsHostObjects(true);
  writer.writeHeader();
  writer.writeValue(value);
  return writer.releaseBuffer();
}

function read(bytes: Buffer): unknown {
  const reader = new Deserializer(bytes);
  reader.readHeader();
  return reader.readValue();
}

const data = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withSparseArray: true,
  maxDepth: 4,
});

describe('the light serialiser', () => {
  it.each([
    0,
    -0,
    1,
    -1,
    2 ** 30 - 1,
    2 ** 30,
    -(2 ** 30),
    2 ** 31,
    0.5,
    NaN,
    Infinity,
    2 ** 53,
    true,
    false,
    null,
    undefined,
    '',
    'text',
    'é',
    '世界',
    'x'.repeat(5000),
    [],
    [1, 'a', null, undefined],
    [[[]]],
    {},
    { a: 1, b: { c: [1.5] } },
    { 1: 'index' },
    10n,
  ])('writes value %# as V8 does', (value) => {
    expect(write(value).equals(v8.serialize(value))).toBe(true);
    expect(read(v8.serialize(value))).toEqual(value);
    expect(v8.deserialize(write(value))).toEqual(value);
  });

  it('writes what V8 reads, and reads what V8 writes', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(v8.deserialize(write(value))).toEqual(v8.deserialize(v8.serialize(value)));
        expect(read(v8.serialize(value))).toEqual(v8.deserialize(v8.serialize(value)));
        expect(read(write(value))).toEqual(v8.deserialize(v8.serialize(value)));
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what is shared shared, and cycles closed', () => {
    const shared = { x: 1 };
    const round: { self?: unknown } = {};
    round.self = round;
    const [first, second] = read(write([shared, shared])) as object[];
    expect(first).toBe(second);
    const back = read(write(round)) as typeof round;
    expect(back.self).toBe(back);
  });

  it('asks its subclass for what V8 cannot write', () => {
    class Writer extends Serializer {
      override _writeHostObject = (view: object): void => {
        this.writeUint32(7);
        this.writeRawBytes(view as Uint8Array);
      };
    }
    class Reader extends Deserializer {
      override _readHostObject = (): object => {
        expect(this.readUint32()).toBe(7);
        return Uint8Array.from(this.readRawBytes(2));
      };
    }
    const writer = new Writer();
    writer._setTreatArrayBufferViewsAsHostObjects(true);
    writer.writeHeader();
    writer.writeValue({ bytes: Uint8Array.of(1, 2) });
    const reader = new Reader(writer.releaseBuffer());
    reader.readHeader();
    expect(reader.readValue()).toEqual({ bytes: Uint8Array.of(1, 2) });
  });

  it('gives torn bytes to V8, which refuses them', () => {
    for (let length = 0; length < 20; length += 1) {
      const torn = v8.serialize({ a: [1, 2, 'x'], b: 0.5 }).subarray(0, length);
      expect(() => read(torn)).toThrow(Error);
    }
  });

  it('sets no prototype', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}}') as object;
    expect(Object.getPrototypeOf(read(v8.serialize(hostile)))).toBe(Object.prototype);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});
