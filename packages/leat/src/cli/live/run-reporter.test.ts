import { describe, expect, it } from 'vitest';
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
});
