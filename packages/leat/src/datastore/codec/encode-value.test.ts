import { Readable } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, test } from 'vitest';
import { leatError } from '../leat-error.fixture.ts';
import { decodeValue } from './decode-value.ts';
import { describeType } from './describe-type.ts';
import { encodeValue } from './encode-value.ts';
import { readHead } from './encoding.ts';

const noFiles = (): object => {
  throw new Error('no files here');
};

function roundTrip(value: unknown): unknown {
  const { head, body } = encodeValue('this.x', value);
  const { codec, rest } = readHead(head)!;
  return decodeValue('key', { codec, rest, body: Buffer.from(body) }, noFiles);
}

class Pt {
  x = 1;
  move(): void {}
}

const cyclic: Record<string, unknown> = { list: [1] };
cyclic['self'] = cyclic;
cyclic['fn'] = () => 1;

describe('what is no data is refused with its path and a way out', () => {
  const cases: [unknown, string][] = [
    [{ layers: [0, 1, 2, { fn: () => 1 }] }, 'this.model.layers[3].fn is a function'],
    [() => 1, 'this.model is a function'],
    [Pt, 'this.model is a class "Pt"'],
    [{ a: [new Pt()] }, 'this.model.a[0] is an instance of class Pt'],
    [new (class extends Map {})(), 'this.model is an instance of a class without a name'],
    [[class List extends Array {}].map((List) => new List()), 'this.model[0] is an instance of class List'],
    [{ 'odd key': { '': Symbol('s') } }, 'this.model["odd key"][""] is a symbol, Symbol(s)'],
    [{ [Symbol('k')]: 1 }, 'this.model has a field that is named by a symbol, Symbol(k)'],
    [[Promise.resolve()], 'this.model[0] is a Promise'],
    [new Map([['fi', { p: new WeakMap() }]]), 'this.model.get("fi").p is a WeakMap'],
    [new Map([[{ f: noFiles }, 1]]), 'this.model (key 0 of the Map).f is a function'],
    [new Set([1, noFiles]), 'this.model (entry 1 of the Set) is a function'],
    [{ p: new Proxy({}, {}) }, 'this.model.p is a Proxy'],
    [new Blob(['x']), 'this.model is a Blob'],
    [new SharedArrayBuffer(8), 'this.model is a SharedArrayBuffer'],
    [new URLSearchParams('a=1'), 'this.model is an URLSearchParams'],
    [new Error('x', { cause: { fn: noFiles } }), 'this.model.cause.fn is a function'],
    [
      Object.assign(new TypeError('x'), { request: new Pt() }),
      'this.model.request is an instance of class Pt',
    ],
    [
      new AggregateError([new Error('a'), Object.assign(new Error('b'), { fn: noFiles })], 'many'),
      'this.model.errors[1].fn is a function',
    ],
    [cyclic, 'this.model.fn is a function'],
    [Object.assign(/(?<y>\d+)/.exec('2026')!, { fn: noFiles }), 'this.model.fn is a function'],
    [
      Object.defineProperty({}, 'lazy', { get: () => noFiles, enumerable: true }),
      'this.model.lazy is a function',
    ],
    [Object.assign([], { 2999999999: noFiles }), 'this.model[2999999999] is a function'],
  ];
  it.each(cases)('%#', (value, message) => {
    expect(() => encodeValue('this.model', value)).toThrow(
      leatError('ARTIFACT_UNSUPPORTED', message, { whole: true }),
    );
  });
});

test('a stream is to be stored as a file', () => {
  const hint = 'Store what it yields as a file: `file(stream, { name })`.';
  for (const stream of [new ReadableStream(), Readable.from(['a'])])
    expect(() => encodeValue('this.body', stream)).toThrow(expect.objectContaining({ hint }));
});

describe('depth', () => {
  const deep = (levels: number): unknown => {
    let value: unknown = 1;
    for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { next: value };
    return value;
  };

  it('of 1,000 levels is kept', () => {
    expect(roundTrip(deep(1000))).toEqual(deep(1000));
  });

  it('of 1,001 and of 100,000 levels is refused in words, not with a stack overflow', () => {
    for (const levels of [1002, 100_000]) {
      expect(() => encodeValue('this.list', deep(levels))).toThrow(
        'this.list is nested more than 1,000 levels deep',
      );
    }
  });

  it('of a doubly linked list of 50,000 nodes is refused in words', () => {
    const nodes: { next?: object; before?: object }[] = Array.from({ length: 50_000 }, () => ({}));
    for (const [index, node] of nodes.entries())
      Object.assign(node, { before: nodes[index - 1], next: nodes[index + 1] });
    expect(() => encodeValue('this.list', nodes[0])).toThrow(
      'this.list is nested more than 1,000 levels deep',
    );
  });
});

describe('errors', () => {
  class RateLimit extends Error {
    retryAfter = 3;
  }
  class Named extends TypeError {
    override name = 'NamedError';
  }

  it('of a class come back as errors with its name, message, stack and fields', () => {
    const error = new RateLimit('slow down');
    const read = roundTrip(error) as RateLimit;
    expect(read).toBeInstanceOf(Error);
    expect([read.name, read.message, read.stack, read.retryAfter]).toEqual([
      'RateLimit',
      'slow down',
      error.stack,
      3,
    ]);
  });

  it('keep the built-in class that they extend, and the name that they set', () => {
    const read = roundTrip(new Named('x')) as Named;
    expect(read).toBeInstanceOf(TypeError);
    expect(read.name).toBe('NamedError');
  });

  it('may lead back to themselves', () => {
    const error: Error & { self?: unknown } = new Error('x');
    error.self = error;
    error.cause = [error];
    const read = roundTrip({ error, same: error }) as { error: typeof error; same: unknown };
    expect(read.error.self).toBe(read.error);
    expect(read.error.cause).toEqual([read.error]);
    expect(read.same).toBe(read.error);
  });

  it('of the platform are kept', () => {
    const read = roundTrip(new DOMException('gone', 'AbortError')) as Error;
    expect([read.name, read.message]).toEqual(['AbortError', 'gone']);
  });
});

describe('odd data', () => {
  it('from another realm is data too', () => {
    const value: unknown = runInNewContext(
      '({ list: [1, { a: new Map([[1, new Date(5)]]) }], bytes: new Uint8Array([1]), error: new RangeError("r") })',
    );
    const read = roundTrip(value) as {
      list: [number, { a: Map<number, Date> }];
      bytes: Uint8Array;
      error: Error;
    };
    expect(read.list[1].a.get(1)).toEqual(new Date(5));
    expect(read.bytes).toEqual(new Uint8Array([1]));
    expect(read.error).toBeInstanceOf(RangeError);
  });

  it('without a prototype becomes plain', () => {
    expect(roundTrip(Object.groupBy([1, 2, 3], (n) => (n % 2 === 0 ? 'even' : 'odd')))).toEqual({
      odd: [1, 3],
      even: [2],
    });
  });

  it('keeps a field called __proto__ a field, also beside an error', () => {
    const value = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as Record<string, unknown>;
    for (const read of [roundTrip(value), (roundTrip([value, new Error('x')]) as unknown[])[0]]) {
      expect(Object.keys(read as object)).toEqual(['__proto__', 'a']);
      expect((read as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });

  it('keeps matches of regular expressions, huge sparse arrays, Temporal, resizable buffers', () => {
    const match = /(?<year>\d+)/.exec('in 2026')!;
    expect((roundTrip(match) as RegExpExecArray).groups).toEqual({ year: '2026' });
    const sparse: unknown[] = [];
    sparse[4_000_000_000] = new Error('far');
    expect((roundTrip(sparse) as Error[])[4_000_000_000]!.message).toBe('far');
    expect((roundTrip(new ArrayBuffer(4, { maxByteLength: 8 })) as ArrayBuffer).maxByteLength).toBe(8);
    const { Temporal } = globalThis as { Temporal?: { PlainDate: { from(text: string): object } } };
    if (Temporal !== undefined)
      expect(String(roundTrip(Temporal.PlainDate.from('2026-11-23')))).toBe('2026-11-23');
  });

  it('keeps what is shared shared', () => {
    const shared = { a: 1 };
    const view = new Uint8Array([1, 2]);
    const read = roundTrip({ x: shared, y: [shared], v: view, w: view }) as {
      x: object;
      y: object[];
      v: object;
      w: object;
    };
    expect(read.y[0]).toBe(read.x);
    expect(read.w).toBe(read.v);
  });
});

describe('reading', () => {
  it('bytes of another codec or none is STORE_CORRUPT and names the key', () => {
    for (const [codec, rest] of [
      ['v9/1', ''],
      ['v8/1', ''],
      ['v8/1', 'errors'],
      ['bytes/1', 'Float64Array'],
      ['bytes/1', 'Process'],
      ['file/1', ''],
    ] as const) {
      expect(() => decodeValue('runs/x', { codec, rest, body: Buffer.from('nonsense!') }, noFiles)).toThrow(
        leatError('STORE_CORRUPT', "'runs/x'"),
      );
    }
  });
});

it.each([
  ['x', 'string'],
  [null, 'null'],
  [undefined, 'undefined'],
  [1n, 'bigint'],
  [[1, 2, 3], 'Array(3)'],
  [new Float64Array(1000), 'Float64Array(1000)'],
  [Buffer.alloc(4), 'Buffer(4)'],
  [new ArrayBuffer(5), 'ArrayBuffer(5)'],
  [new Map([[1, 2]]), 'Map(1)'],
  [new Set(), 'Set(0)'],
  [{ a: 1 }, 'object'],
  [new RangeError('x'), 'RangeError'],
  [new URL('http://a/'), 'URL'],
])('the type of %o for people is %s', (value, type) => {
  expect(describeType(value)).toBe(type);
});
