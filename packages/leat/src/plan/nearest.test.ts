import { expect, it } from 'vitest';
import { nearest } from './nearest.ts';

it.each([
  ['trian', ['train', 'start'], 'train'],
  ['bacth', ['batch', 'bash'], 'batch'],
  ['Alpha', ['alpha'], 'alpha'],
  ['retyr', ['local', 'retry'], 'retry'],
  ['x', ['alpha'], undefined],
  ['kubernets', ['kubernetes'], 'kubernetes'],
  ['banana', ['batch', 'local'], undefined],
])('%s of %j is %s', (name, known, expected) => expect(nearest(name, known)).toBe(expected));
