import { describe, expect, it } from 'vitest';
import { LeatError } from '../../errors/index.ts';
import { asLeatError, errorJson, errorLines } from './print-error.ts';
import { TextOutput } from './terminal.fixture.ts';

const out = new TextOutput();
const place = { file: '/home/ada/train.ts', line: 12, column: 3 };

describe('errorLines', () => {
  it('say what happened, where, and what to do', () => {
    const error = new LeatError('GRAPH_INVALID', "the step 'train' has no join", {
      place,
      frame: '> 12 | this.next(this.train)\n     |      ^',
      hint: 'Join it:\nthis.next(this.choose)',
    });
    expect(errorLines(error, out)).toEqual([
      "error GRAPH_INVALID the step 'train' has no join",
      '  at /home/ada/train.ts:12:3',
      '',
      '  > 12 | this.next(this.train)',
      '       |      ^',
      '',
      '  fix: Join it:',
      '       this.next(this.choose)',
    ]);
  });

  it('name the cause when the message does not', () => {
    const cause = new Error('ENOSPC: no space left');
    const silent = new LeatError('STORE_UNAVAILABLE', 'cannot write', { cause });
    expect(errorLines(silent, out)).toEqual([
      'error STORE_UNAVAILABLE cannot write',
      '  because: ENOSPC: no space left',
    ]);
    const telling = new LeatError('STORE_UNAVAILABLE', `cannot write: ${cause.message}`, { cause });
    expect(errorLines(telling, out)).toHaveLength(1);
  });
});

describe('errorJson', () => {
  it('has the code, the message, and what else is known', () => {
    expect(errorJson(new LeatError('NOT_FOUND', 'no run'))).toEqual({
      error: { code: 'NOT_FOUND', message: 'no run' },
    });
    const details = { step: 'train' };
    expect(errorJson(new LeatError('FLOW_LOAD', 'broken', { hint: 'mend it', place, details }))).toEqual({
      error: { code: 'FLOW_LOAD', message: 'broken', hint: 'mend it', place, details },
    });
  });
});

describe('asLeatError', () => {
  it('leaves our errors alone, and takes everything else for a defect, with its stack', () => {
    const ours = new LeatError('USAGE', 'x');
    expect(asLeatError(ours)).toBe(ours);
    const theirs = asLeatError(new TypeError('x is not a function'));
    expect(theirs).toMatchObject({ code: 'INTERNAL', message: 'x is not a function' });
    expect(theirs.hint).toMatch(/defect of Leat[^]*print-error\.test\.ts/);
    expect(asLeatError('just text')).toMatchObject({ code: 'INTERNAL', message: 'just text' });
  });
});
