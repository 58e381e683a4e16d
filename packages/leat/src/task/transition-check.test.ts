import { describe, expect, it } from 'vitest';
import type { NextCall } from '../flow/step-host.ts';
import type { TaskSpec } from '../plan/task-spec.ts';
import { checkTransition } from './transition-check.ts';

const linear: NextCall = { kind: 'linear', targets: ['train'] };
const branch: NextCall = { kind: 'branch', targets: ['a', 'b'] };
const foreach: NextCall = { kind: 'foreach', target: 'train', items: [] };
const choice: NextCall = { kind: 'switch', cases: { big: 'a', small: 'b' }, choice: 'big' };

const fits: readonly (readonly [TaskSpec['next'], NextCall])[] = [
  [{ kind: 'linear', to: 'train' }, linear],
  [{ kind: 'branch', to: ['a', 'b'], join: 'c' }, branch],
  [{ kind: 'foreach', to: 'train', over: 'this.x', join: 'c' }, foreach],
  [{ kind: 'switch', cases: { big: 'a', small: 'b' }, by: 'this.kind' }, choice],
];

describe('checkTransition', () => {
  it.each(fits)('lets %j pass', (expected, call) => {
    expect(() => checkTransition('start', expected, call)).not.toThrow();
  });

  it('refuses every other combination', () => {
    for (const [index, [expected]] of fits.entries()) {
      for (const [other, [, call]] of fits.entries()) {
        if (index !== other)
          expect(() => checkTransition('start', expected, call)).toThrow(/^step 'start' called this\.next/);
      }
    }
  });

  it('refuses another target, another order, another case, and any call at the end', () => {
    expect(() => checkTransition('s', { kind: 'linear', to: 'other' }, linear)).toThrow(
      "step 's' called this.next(this.train), but its graph says this.next(this.other)",
    );
    expect(() => checkTransition('s', { kind: 'branch', to: ['b', 'a'], join: 'c' }, branch)).toThrow(
      'this.next(this.b, this.a)',
    );
    expect(() => checkTransition('s', { kind: 'switch', cases: { big: 'a' }, by: 'x' }, choice)).toThrow(
      '{ big: this.a }',
    );
    expect(() => checkTransition('end', { kind: 'end' }, linear)).toThrow(
      'its graph says that the run ends here',
    );
  });
});
