import { describe, expect, it } from 'vitest';
import { endOfJob, endOfStopped, type ExitFacts, type KnownOfJob } from './job-end.ts';

const known = {
  startedAt: 1000,
  endedAt: 2000,
  timeoutSeconds: undefined,
  heapExhausted: false,
  killedForMemory: false,
  member: undefined,
};

describe('endOfJob', () => {
  it.each<readonly [string, ExitFacts, Partial<KnownOfJob>, number, object]>([
    ['a success', { code: 0 }, {}, 0, { state: 'succeeded', startedAt: 1000, endedAt: 2000 }],
    ['an exit code', { code: 7 }, {}, 7, { reason: 'exit', exitCode: 7 }],
    ['a signal', { signal: 'SIGSEGV' }, {}, 139, { reason: 'exit', signal: 'SIGSEGV' }],
    ['the kernel', { signal: 'SIGKILL' }, { killedForMemory: true }, 137, { reason: 'out-of-memory' }],
    [
      'another end while the kernel killed somebody',
      { code: 1 },
      { killedForMemory: true },
      1,
      { reason: 'exit' },
    ],
    ['a full heap', { signal: 'SIGABRT' }, { heapExhausted: true }, 134, { reason: 'out-of-memory' }],
    ['words about a heap', { code: 1 }, { heapExhausted: true }, 1, { reason: 'exit' }],
    ['a timeout', { signal: 'SIGTERM' }, { timeoutSeconds: 9 }, 143, { reason: 'timeout' }],
    ['a member', { code: 1 }, { member: 4 }, 1, { reason: 'exit', member: 4 }],
    ['a process that never was', { error: new Error('spawn EAGAIN') }, {}, 1, { reason: 'start-failed' }],
  ])('of %s', (...[, facts, part, exitCode, status]) => {
    expect(endOfJob(facts, { ...known, ...part })).toMatchObject({ exitCode, status });
  });
});

describe('endOfStopped', () => {
  it('is an interruption, unless the task had a reason of its own', () => {
    const reasonOf = (facts: ExitFacts, part: Partial<KnownOfJob> = {}): unknown => {
      const { status } = endOfStopped(endOfJob(facts, { ...known, ...part }), 'SIGTERM');
      return status.state === 'failed' ? status.reason : status.state;
    };
    expect(reasonOf({ signal: 'SIGTERM' })).toBe('interrupted');
    expect(reasonOf({ code: 3 })).toBe('interrupted');
    expect(reasonOf({ code: 0 })).toBe('succeeded');
    expect(reasonOf({ signal: 'SIGTERM' }, { timeoutSeconds: 1 })).toBe('timeout');
  });
});
