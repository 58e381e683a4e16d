import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatTime, plural } from './format.ts';

describe('formatDuration', () => {
  it.each([
    [0, '0.0s'],
    [40, '0.0s'],
    [412, '0.4s'],
    [9_949, '9.9s'],
    [9_950, '10s'],
    [59_400, '59s'],
    [59_600, '1m 00s'],
    [185_000, '3m 05s'],
    [3_599_400, '59m 59s'],
    [7_800_000, '2h 10m'],
    [360_000_000, '100h 00m'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('formatTime', () => {
  it('is local, sortable, and to the second', () => {
    expect(formatTime(new Date(2026, 10, 3, 4, 5, 9).getTime())).toBe('2026-11-03 04:05:09');
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [812, '812 B'],
    [1000, '1.0 KB'],
    [4_120, '4.1 KB'],
    [100_000_000, '100 MB'],
    [2_500_000_000, '2.5 GB'],
    [7e15, '7000 TB'],
  ])('%i bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ])('%i is %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});

describe('plural', () => {
  it('counts and inflects', () => {
    expect([plural(0, 'task'), plural(1, 'task'), plural(1200, 'task')]).toEqual([
      '0 tasks',
      '1 task',
      '1,200 tasks',
    ]);
    expect(plural(2, 'entry', 'entries')).toBe('2 entries');
  });
});
