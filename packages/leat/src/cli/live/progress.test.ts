import { describe, expect, it } from 'vitest';
import { TextOutput } from '../output/terminal.fixture.ts';
import { progressLines, progressText, type RunProgress, type StepProgress } from './progress.ts';

const out = new TextOutput();
const idle = { waiting: 0, queued: 0, running: 0, retrying: 0, succeeded: 0, reused: 0, failed: 0 };

const step = (name: string, counts: Partial<StepProgress> = {}): StepProgress => ({
  step: name,
  ...idle,
  ...counts,
});
const run = (...steps: StepProgress[]): RunProgress => ({ address: 'TrainFlow/417', startedAt: 0, steps });

/** The line of a run's only step. */
const lineOf = (counts: Partial<StepProgress>, now = 500): string =>
  progressLines(run(step('train', counts)), now, out, 10)[1] ?? '';

describe('progressLines', () => {
  it('begins with the run, how long it takes, and what ends it', () => {
    expect(progressLines(run(step('start')), 65_000, out, 10)[0]).toBe('TrainFlow/417 1m 05s');
    const ending = { ...run(step('start')), ending: 'cancelling' };
    expect(progressLines(ending, 1000, out, 10)[0]).toBe('TrainFlow/417 1.0s cancelling');
  });

  it('tells what runs from what waits in its layer', () => {
    expect(lineOf({ running: 2, queued: 6, succeeded: 2 })).toMatch(/ 2\/10, 2 running, 6 queued$/);
    expect(lineOf({ queued: 6 })).toMatch(/ 0\/6, 6 queued$/);
    expect(lineOf({ running: 1 })).toBe('▸ train  0/1, 1 running');
  });

  it('counts what is known and has not started, retries and failures', () => {
    expect(lineOf({ waiting: 1234 })).toMatch(/ 0\/1,234$/);
    expect(lineOf({ retrying: 1, failed: 2, succeeded: 3 })).toMatch(
      /^✗ train .* 3\/6, 1 to retry, 2 failed$/,
    );
    expect(lineOf({ succeeded: 4 })).toMatch(/^✓ train .* 4\/4$/);
    expect(lineOf({})).toBe('  train  ·');
  });

  it('draws a bar as long as what is done; one failure in a million is seen', () => {
    const bar = (counts: Partial<StepProgress>): string => lineOf(counts).match(/[━─]+/)?.[0] ?? '';
    expect(bar({ succeeded: 5, running: 5 })).toBe('━'.repeat(10) + '─'.repeat(10));
    expect(bar({ succeeded: 999_999, failed: 1 })).toHaveLength(20);
    expect(bar({ failed: 1, waiting: 999_999 })).toBe(`━${'─'.repeat(19)}`);
    expect(bar({ running: 1 })).toBe('');
  });

  it('says the pace and the rest once there is something to judge by', () => {
    expect(lineOf({ succeeded: 10, waiting: 30, startedAt: 0 }, 5000)).toMatch(/, 2\.0\/s, 15s left$/);
    expect(lineOf({ succeeded: 1, waiting: 30, startedAt: 0 }, 5000)).not.toMatch(/left/);
    expect(lineOf({ succeeded: 10, waiting: 30, startedAt: 4500 }, 5000)).not.toMatch(/left/);
    expect(lineOf({ succeeded: 10, startedAt: 0 }, 5000)).not.toMatch(/left/);
  });

  it('does not take results of an older run for speed', () => {
    expect(lineOf({ succeeded: 1000, reused: 990, waiting: 30, startedAt: 0 }, 5000)).toMatch(/2\.0\/s/);
  });

  it('shows the steps in flight when there is no room for all', () => {
    const steps = ['a', 'b', 'c', 'd', 'e'].map((name) => step(name, { succeeded: 1 }));
    const lines = progressLines(run(...steps, step('now', { running: 1 }), step('later')), 0, out, 4);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('now');
  });
});

describe('progressText', () => {
  it('is one line about the steps in flight', () => {
    const steps = [
      step('start', { succeeded: 1 }),
      step('train', { running: 2, queued: 6, succeeded: 12, failed: 1, startedAt: 0 }),
      step('score', { waiting: 3 }),
      step('end'),
    ];
    expect(progressText(run(...steps), 10_000)).toBe(
      'TrainFlow/417 10s: train 12/21, 2 running, 6 queued, 1 failed, 1.3/s, 6.2s left; score 0/3',
    );
  });

  it('is empty when nothing is in flight', () => {
    expect(progressText(run(step('start', { succeeded: 1 }), step('end')), 1000)).toBe('');
  });
});
