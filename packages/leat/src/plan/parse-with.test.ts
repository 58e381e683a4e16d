import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWith } from './parse-with.ts';

describe('parseWith', () => {
  it.each<[string, string, Record<string, unknown>]>([
    ['retry', 'retry', {}],
    ['retry:', 'retry', {}],
    ['batch:memory=10000,cpu=8', 'batch', { memory: 10000, cpu: 8 }],
    ['batch:queue=spot,cpu=0.5', 'batch', { queue: 'spot', cpu: 0.5 }],
    ['batch:fast', 'batch', { fast: true }],
    ['batch:fast=false,x=null', 'batch', { fast: false, x: null }],
    ['batch:account=123456789012345678901', 'batch', { account: '123456789012345678901' }],
    ['batch:zip=01234', 'batch', { zip: '01234' }],
    [
      'kubernetes:labels={"a":"1","b":"2"},namespace=ml',
      'kubernetes',
      { labels: { a: '1', b: '2' }, namespace: 'ml' },
    ],
    ['batch:queues=["a","b"],cpu=2', 'batch', { queues: ['a', 'b'], cpu: 2 }],
    [`batch:note="one, two",cpu=2`, 'batch', { note: 'one, two', cpu: 2 }],
    [`batch:note='one, two',cpu=2`, 'batch', { note: 'one, two', cpu: 2 }],
    [`batch:note=it's fine,cpu=2`, 'batch', { note: "it's fine", cpu: 2 }],
    ['batch:image=registry/x:1.2=3', 'batch', { image: 'registry/x:1.2=3' }],
    ['@leat/aws/batch:cpu=1', '@leat/aws/batch', { cpu: 1 }],
    ['@acme/layer:cpu=2', '@acme/layer', { cpu: 2 }],
    ['./layer.js', './layer.js', {}],
    ['./my layers/far.js:cpu=2,queue=spot', './my layers/far.js', { cpu: 2, queue: 'spot' }],
    ['../layer.ts:cpu=2', '../layer.ts', { cpu: 2 }],
    ['/opt/layer.js', '/opt/layer.js', {}],
  ])('%s', (text, name, options) => {
    expect(parseWith(text)).toEqual({ name, options, text });
  });

  it.each([
    ['', /no name/],
    [':cpu=1', /no name/],
    ['./', /no name/],
    ['.layer.js', /no name/],
    ['//x', /no name/],
    ['batch:cpu=1,cpu=2', /'cpu' is given twice/],
    ['batch:=1', /no option/],
    ['batch:cpu=1,,', /no option/],
    ['batch:a=[1,2', /not closed/],
    ['batch:a="x', /not closed/],
  ])('refuses %j', (text, message) => {
    expect(() => parseWith(text)).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) as string }),
    );
  });

  it('gives back every JSON value', () => {
    const json = fc
      .jsonValue()
      .filter(
        (value) => !(typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)),
      );
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/), json, { minKeys: 1 }),
        (options) => {
          const text = `batch:${Object.entries(options)
            .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
            .join(',')}`;
          expect(JSON.stringify(parseWith(text).options)).toBe(JSON.stringify(options));
        },
      ),
    );
  });
});
