import { describe, expect, it } from 'vitest';
import { type ProcessEnd, statusOfEnd } from './process-end.ts';

const end = (part: Partial<ProcessEnd>): ProcessEnd => ({
  startedAt: 1000,
  endedAt: 2000,
  heapExhausted: false,
  kernelOutOfMemory: false,
  ...part,
});

describe('statusOfEnd', () => {
  it('succeeds with exit code 0 only', () => {
    expect(statusOfEnd(end({ code: 0 }))).toEqual({ state: 'succeeded', startedAt: 1000, endedAt: 2000 });
  });

  it.each([
    ['a failed step', { code: 1 }, 'exit', 'ended with exit code 1'],
    ['another exit code', { code: 7 }, 'exit', 'ended with exit code 7'],
    ['a segmentation fault', { signal: 'SIGSEGV' }, 'exit', 'segmentation fault (SIGSEGV)'],
    ['an unusual signal', { signal: 'SIGUSR1' }, 'exit', 'ended by the signal SIGUSR1'],
    ['a signal as a shell reports it', { code: 139 }, 'exit', 'segmentation fault (SIGSEGV)'],
    ['an abort', { signal: 'SIGABRT' }, 'exit', 'aborted (SIGABRT)'],
    [
      'a full heap',
      { signal: 'SIGABRT', heapExhausted: true },
      'out-of-memory',
      'the heap of JavaScript reached its limit',
    ],
    ['a full heap as a shell reports it', { code: 134, heapExhausted: true }, 'out-of-memory', 'heap'],
    ['the kernel', { signal: 'SIGKILL', kernelOutOfMemory: true }, 'out-of-memory', 'the kernel killed it'],
    ['kill -9', { signal: 'SIGKILL' }, 'exit', 'was killed (SIGKILL) by something outside Leat'],
    [
      'a timeout',
      { signal: 'SIGTERM', ended: 'timeout', timeoutSeconds: 20 },
      'timeout',
      'longer than its limit of 20 s',
    ],
    ['a cancel', { signal: 'SIGKILL', ended: 'cancelled' }, 'cancelled', 'was cancelled'],
    [
      'a cancel that the process answered with exit code 0',
      { code: 0, ended: 'cancelled' },
      'cancelled',
      'was cancelled',
    ],
  ] as const)('reports %s', (_, part, reason, message) => {
    expect(statusOfEnd(end(part))).toMatchObject({
      state: 'failed',
      reason,
      message: expect.stringContaining(message),
      endedAt: 2000,
    });
  });

  it('passes on the exit code and the signal', () => {
    expect(statusOfEnd(end({ code: 7 }))).toMatchObject({ exitCode: 7 });
    expect(statusOfEnd(end({ signal: 'SIGSEGV' }))).toMatchObject({ signal: 'SIGSEGV' });
    expect(statusOfEnd(end({ code: 137 }))).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
  });
});
