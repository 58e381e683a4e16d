import { describe, expect, it } from 'vitest';
import type { EventFailure, TaskRecord } from '../../client/index.ts';
import type { RunResult } from '../../run/index.ts';
import { failureLines, failureTitle, runEndText } from './run-end.ts';
import { TextOutput } from './terminal.fixture.ts';

const out = new TextOutput();
const place = { file: '/home/ada/train.ts', line: 12, column: 3 };
const broken: EventFailure = { reason: 'error', type: 'TypeError', message: 'broken' };

const task = (name: string, failure: EventFailure, attempts = 1): TaskRecord => ({
  task: name,
  step: 'train',
  path: [],
  iteration: 0,
  status: 'failed',
  attempts,
  createdAt: 0,
  caught: false,
  failure,
});

function result(
  status: RunResult['status'],
  counts: Partial<RunResult['summary']['steps'][number]> = {},
  failures: readonly TaskRecord[] = [],
): RunResult {
  const none = { waiting: 0, queued: 0, running: 0, retrying: 0, cancelled: 0, caught: 0, reused: 0 };
  const steps = [{ step: 'train', ...none, succeeded: 0, failed: 0, ...counts }];
  const run = { flow: 'TrainFlow', id: '417', originRun: '416', createdAt: 1000, endedAt: 3500 };
  return { run: run as RunResult['run'], status, summary: { steps, inFlight: 0 }, failures };
}

const text = (ended: RunResult, lines: readonly string[] = []): string => runEndText(ended, () => lines, out);

describe('failureTitle', () => {
  it('is the error, or what became of the process', () => {
    expect(failureTitle(broken)).toBe('TypeError: broken');
    const ours = {
      reason: 'error',
      type: 'LeatError',
      code: 'ARTIFACT_UNSUPPORTED',
      message: 'this.f is a function',
    };
    expect(failureTitle(ours)).toBe('ARTIFACT_UNSUPPORTED: this.f is a function');
    const dead: EventFailure = { reason: 'out-of-memory', type: 'out-of-memory', message: 'it took 2 GB' };
    expect(failureTitle(dead)).toBe('out-of-memory: it took 2 GB');
  });
});

describe('failureLines', () => {
  it('show the place, the lines around it, the callers and the remedy', () => {
    const stack = 'TypeError: broken\n    at fit (train.ts:12:3)\n    at train (train.ts:30:5)';
    const failure = { ...broken, place, frame: '> 12 | fit()', stack, hint: 'do not' };
    expect(failureLines(failure, out)).toEqual([
      'TypeError: broken',
      '  at /home/ada/train.ts:12:3',
      '',
      '  > 12 | fit()',
      '',
      '    at train (train.ts:30:5)',
      '  fix: do not',
    ]);
  });

  it('leave out a stack that says no more than the place', () => {
    expect(failureLines({ ...broken, place, stack: 'TypeError: broken\n    at train.ts:12:3' }, out)).toEqual(
      ['TypeError: broken', '  at /home/ada/train.ts:12:3'],
    );
  });
});

describe('runEndText', () => {
  it('is one line when all went well', () => {
    expect(text(result('succeeded', { succeeded: 1200, reused: 30, caught: 1 }))).toBe(
      '✓ TrainFlow/417 succeeded in 2.5s: 1,200 tasks, 30 reused from TrainFlow/416, 1 caught\n',
    );
  });

  it('tells the first failure in full, others in a line each, and how to go on', () => {
    const failures = [
      task('train[3]', { ...broken, place }, 3),
      task('train[5]', { ...broken, message: 'also\nbroken' }),
    ];
    expect(text(result('failed', { succeeded: 4, failed: 2 }, failures), ['loss NaN', 'giving up'])).toBe(
      [
        '',
        'train[3] failed (3 attempts): TypeError: broken',
        '  at /home/ada/train.ts:12:3',
        '',
        '  its last lines:',
        '  │ loss NaN',
        '  │ giving up',
        '',
        'then failed:',
        '  train[5]: TypeError: also',
        '',
        '✗ TrainFlow/417 failed in 2.5s: 4 tasks, 2 failed',
        "  its log: leat logs 'TrainFlow/417/train[3]'",
        '  go on with what is done: leat resume TrainFlow/417',
        '',
      ].join('\n'),
    );
  });

  it('does not drown in failures', () => {
    const failures = Array.from({ length: 10 }, (_, index) => task(`train[${index}]`, broken));
    expect(text(result('failed', { failed: 10 }, failures)).match(/train\[\d\]: /g)).toHaveLength(4);
  });

  it('says that a run was cancelled, without a failure', () => {
    expect(text(result('cancelled', { succeeded: 1, cancelled: 2 }))).toBe(
      '\n✗ TrainFlow/417 cancelled in 2.5s: 1 task, 2 cancelled\n  go on with what is done: leat resume TrainFlow/417\n',
    );
  });
});
