import { describe, expect, it } from 'vitest';
import { LeatError } from '../errors/index.ts';
import { failureOf } from './failure-record.ts';

describe('failureOf', () => {
  it('tells an error by its class, message and stack', () => {
    const failure = failureOf(new RangeError('too far'));
    expect(failure).toMatchObject({ reason: 'error', type: 'RangeError', message: 'too far' });
    expect(failure.stack).toContain('RangeError: too far\n');
  });

  it('names the class of an error that has no name of its own', () => {
    class BadLuck extends Error {}
    expect(failureOf(new BadLuck('x')).type).toBe('BadLuck');
  });

  it('adds the place and the lines around it', () => {
    const text = 'one\ntwo\nthree\n';
    const failure = failureOf(new Error('x'), () => ({
      place: { file: 'flow.ts', line: 2, column: 1 },
      text,
    }));
    expect(failure.place).toEqual({ file: 'flow.ts', line: 2, column: 1 });
    expect(failure.frame).toBe('  1 | one\n> 2 | two\n    | ^\n  3 | three\n  4 |');
  });

  it('keeps the code and the hint of an error of Leat', () => {
    expect(failureOf(new LeatError('ARTIFACT_UNSET', 'no x', { hint: 'set it' }))).toMatchObject({
      code: 'ARTIFACT_UNSET',
      hint: 'set it',
    });
  });

  it('tells causes and the errors of an aggregate', () => {
    const inner = new Error('disk full', { cause: 'no space' });
    const stack = failureOf(new AggregateError([new Error('first')], 'both', { cause: inner })).stack ?? '';
    expect(stack).toMatch(
      /AggregateError: both[^]*Caused by: Error: first[^]*Caused by: Error: disk full[^]*Caused by: no space/,
    );
  });

  it('survives a cause that is its own cause', () => {
    const error = new Error('round');
    error.cause = error;
    expect(failureOf(error).stack).toContain('Caused by: Error: round');
  });

  it.each([
    ['oops', 'string', 'oops'],
    [undefined, 'undefined', 'undefined'],
    [null, 'null', 'null'],
    [42, 'number', '42'],
    [{ status: 500 }, 'object', '{ status: 500 }'],
  ])('tells a thrown %j', (thrown, type, message) => {
    expect(failureOf(thrown)).toMatchObject({
      reason: 'error',
      type,
      message,
      hint: expect.stringContaining('throw new Error'),
    });
  });

  it('survives an error whose getters throw', () => {
    const hostile = new Error('x');
    const refuse = {
      get: (): never => {
        throw new Error('no');
      },
    };
    Object.defineProperties(hostile, { message: refuse, stack: refuse, name: refuse });
    expect(failureOf(hostile)).toMatchObject({ type: 'Error', message: '' });
  });

  it('bounds what an error can say', () => {
    expect(failureOf(new Error('x'.repeat(1_000_000))).message.length).toBeLessThan(70_000);
  });
});
