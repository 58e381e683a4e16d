import { expect, test } from 'vitest';
import { isFargatePair, nearestFargatePair } from './fargate.ts';

test.each([
  [0.25, 512, true],
  [0.25, 3072, false],
  [0.5, 4096, true],
  [1, 1024, false],
  [1, 2048, true],
  [2, 16_384, true],
  [4, 30_720, true],
  [4, 31_744, false],
  [8, 20_480, true],
  [8, 21_504, false],
  [16, 122_880, true],
  [3, 8192, false],
])('%d cores with %d MB: %s', (cpu, memory, expected) => {
  expect(isFargatePair({ cpu, memory })).toBe(expected);
});

test.each([
  [1, 10_000, { cpu: 2, memory: 10_240 }],
  [1, 8000, { cpu: 1, memory: 8192 }],
  [3, 1000, { cpu: 4, memory: 8192 }],
  [8, 17_000, { cpu: 8, memory: 20_480 }],
  [0.1, 100, { cpu: 0.25, memory: 512 }],
  [16, 122_880, { cpu: 16, memory: 122_880 }],
  [17, 1000, undefined],
  [1, 200_000, undefined],
])('the nearest to %d cores with %d MB', (cpu, memory, expected) => {
  expect(nearestFargatePair({ cpu, memory })).toEqual(expected);
});
