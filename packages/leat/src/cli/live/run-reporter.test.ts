import { describe, expect, it, vi } from 'vitest';
import type { RunEvent } from '../../client/index.ts';
import { textTerminal } from '../output/terminal.fixture.ts';
import { RunReporter } from './run-reporter.ts';

const failure = { reason: 'error', type: 'TypeError', message: 'broken\nin two' };
const summary = { steps: [], inFlight: 0 };

/** What a run's events make of the two streams. */
function report(...events: RunEvent[]) {
  const terminal = textTerminal();
  const reporter = new RunReporter(terminal, 'TrainFlow/417');
  reporter.applied(events, summary);
  reporter.close();
  return terminal;
}
const failed = (facts: Partial<Extract<RunEvent, { type: 'attempt-failed' }>>): RunEvent => ({
  type: 'attempt-failed',
  at: 1000,
  task: 'train[3]',
  attempt: 0,
  failure,
  ...facts,
});

describe('RunReporter', () => {
  it('tells a failure in one line, with its place', () => {
    const place = { file: '/home/ada/train.ts', line: 12, column: 3 };
    expect(report(failed({ failure: { ...failure, place } })).err.lines).toStrictEqual([
      '✗ train[3]@0 TypeError: broken (train.ts:12)',
    ]);
    const dead = { reason: 'out-of-memory', type: 'out-of-memory', message: 'it ran out of memory' };
    expect(report(failed({ failure: dead })).err.text).toContain('✗ train[3]@0 it ran out of memory');
  });

  it.each([
    [1000, 'trying again'],
    [1040, 'trying again'],
    [31_000, 'trying again in 30s'],
  ])('says when the next try is due (%i)', (retryAt, text) => {
    expect(report(failed({ retryAt })).err.lines[0]).toMatch(new RegExp(`^↻ .*; ${text}$`));
  });

  it('puts the task before its lines, each on its own stream', () => {
    const terminal = textTerminal();
    const reporter = new RunReporter(terminal, 'TrainFlow/417');
    reporter.line({ task: 'train[3]', attempt: 0, stream: 'stdout', text: 'loss 0.2' });
    reporter.line({ task: 'train[3]', attempt: 2, stream: 'stderr', text: 'slow' });
    reporter.close();
    expect(terminal.out.text).toBe('[train[3]] loss 0.2\n');
    expect(terminal.err.text).toBe('[train[3]@2] slow\n');
  });

  it('says what a signal does, and what a second one would', () => {
    const cancel = { type: 'cancel-requested', at: 0, by: 'SIGINT' } as const;
    const { lines } = report({ ...cancel, force: false }, { ...cancel, force: true }).err;
    expect(lines).toStrictEqual([
      'SIGINT: no new tasks; ending those that run (once more to end them at once)',
      'SIGINT: ending all tasks now',
    ]);
  });

  it('says every ten seconds how far the run has come, where nothing can be drawn again', () => {
    vi.useFakeTimers();
    try {
      const terminal = textTerminal();
      const reporter = new RunReporter(terminal, 'TrainFlow/417');
      const step = {
        step: 'train',
        queued: 0,
        retrying: 0,
        reused: 0,
        failed: 0,
        cancelled: 0,
        caught: 0,
        startedAt: Date.now(),
      };
      reporter.applied([], { steps: [{ ...step, waiting: 996, running: 4, succeeded: 0 }], inFlight: 4 });
      vi.advanceTimersByTime(9_999);
      expect(terminal.err.text).toBe('');
      reporter.applied([], { steps: [{ ...step, waiting: 796, running: 4, succeeded: 200 }], inFlight: 4 });
      vi.advanceTimersByTime(10_001);
      reporter.close();
      vi.advanceTimersByTime(60_000);
      expect(terminal.err.lines).toEqual([
        'TrainFlow/417 10s: train 200/1,000, 4 running, 20.0/s, 40s left',
        'TrainFlow/417 20s: train 200/1,000, 4 running, 10.0/s, 1m 20s left',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});
