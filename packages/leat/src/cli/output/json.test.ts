import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoredFile } from '../../client/index.ts';
import { jsonText, toJson } from './json.ts';

const cyclic: Record<string, unknown> = { name: 'ring' };
cyclic['self'] = [cyclic];
const shared = { x: 1 };

describe('toJson', () => {
  it('leaves JSON data as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(toJson(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  const nearest: [string, unknown, unknown][] = [
    ['undefined', undefined, null],
    ['undefined in a list', [undefined, 1], [null, 1]],
    ['a BigInt', 2n ** 70n, '1180591620717411303424'],
    ['NaN', { loss: NaN, best: -Infinity }, { loss: 'NaN', best: '-Infinity' }],
    ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['no Date', new Date(NaN), null],
    ['a Map with text for keys', new Map([['fi', 1n]]), { fi: '1' }],
    ['another Map', new Map([[1, 'one']]), [[1, 'one']]],
    ['a Set', new Set([1, new Set([2])]), [1, [2]]],
    ['a typed array', new Float64Array([0.5, 2]), [0.5, 2]],
    ['a typed array of BigInts', new BigInt64Array([1n]), ['1']],
    ['bytes', Buffer.from('hi'), [104, 105]],
    ['a part of a buffer', new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1), [2]],
    ['a URL and a RegExp', [new URL('http://x/'), /a+/g], ['http://x/', '/a+/g']],
    ['a cycle', cyclic, { name: 'ring', self: ['[cycle]'] }],
    ['the same object twice', [shared, shared], [{ x: 1 }, { x: 1 }]],
  ];
  it.each(nearest)('writes %s in the nearest form', (_, value, json) => {
    expect(toJson(value)).toEqual(json);
  });

  it('keeps what an error says, its fields and its cause', () => {
    const error = Object.assign(new TypeError('broken', { cause: new Error('deep') }), { port: 8080 });
    expect(toJson(error)).toEqual({
      name: 'TypeError',
      message: 'broken',
      port: 8080,
      cause: { name: 'Error', message: 'deep' },
    });
  });

  it('tells of a file what it is called, how large it is, and its hash', () => {
    const file = new StoredFile({} as never, { name: 'out.csv', size: 3, hash: 'abc' });
    expect(toJson([file])).toEqual([{ file: 'out.csv', size: 3, hash: 'abc' }]);
  });
});

describe('jsonText', () => {
  it('is one line for programs, and indented for people', () => {
    expect(jsonText({ a: [1] }, false)).toBe('{"a":[1]}\n');
    expect(jsonText({ a: [1] }, true)).toBe('{\n  "a": [\n    1\n  ]\n}\n');
  });
});
