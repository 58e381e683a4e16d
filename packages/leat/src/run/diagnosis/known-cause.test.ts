import { describe, expect, it } from 'vitest';
import type { TaskRecord } from '../../metadata/metadata-store.ts';
import { knownCause, type TaskFacts } from './known-cause.ts';

const task = (changes: Partial<TaskRecord> = {}): TaskRecord => ({
  task: 'train[3]',
  step: 'train',
  path: [3],
  iteration: 0,
  status: 'queued',
  attempts: 1,
  createdAt: 0,
  caught: false,
  ...changes,
});

const facts = (changes: Partial<TaskFacts> = {}): TaskFacts => ({
  task: task(),
  attempt: {
    task: 'train[3]',
    attempt: 0,
    layer: 'local',
    token: 't',
    job: 't',
    state: 'queued',
    submittedAt: 0,
  },
  run: 'TrainFlow/417',
  runStatus: 'running',
  engine: 'ada:7',
  abandoned: false,
  running: 4,
  waiting: 12,
  ...changes,
});

const failure = { reason: 'error', type: 'TypeError', message: 'broken\n  twice', hint: 'mend it' } as const;

describe('knownCause', () => {
  it.each([
    ['waits for a place', facts(), 'waiting', /waits on 'local'/],
    ['runs', facts({ task: task({ status: 'running' }) }), 'running', /runs on 'local'/],
    ['succeeded', facts({ task: task({ status: 'succeeded' }) }), 'ended', /succeeded/],
    ['was caught', facts({ task: task({ status: 'succeeded', caught: true }) }), 'ended', /@catchError/],
    [
      'failed',
      facts({ task: task({ status: 'failed', failure }), runStatus: 'failed' }),
      'ended',
      /^error: broken$/,
    ],
    ['was cancelled', facts({ task: task({ status: 'cancelled' }) }), 'ended', /ended before/],
    [
      'waits for its next try',
      facts({ task: task({ status: 'waiting-retry', failure }) }),
      'waiting',
      /next try/,
    ],
    [
      'lost its engine',
      facts({ abandoned: true }),
      'misconfigured',
      /nobody drives its run: the engine ada:7 is gone/,
    ],
    ['outlived its run', facts({ runStatus: 'cancelled' }), 'ended', /its run has ended/],
  ] as const)('says that it %s', (_, given, kind, cause) => {
    const found = knownCause(given);
    expect(found).toMatchObject({ kind });
    expect(found.cause).toMatch(cause);
  });

  it('says what to do, where something is to be done', () => {
    expect(knownCause(facts({ abandoned: true })).remedy).toBe('leat recover TrainFlow/417');
    expect(knownCause(facts({ task: task({ status: 'failed', failure }) })).remedy).toBe('mend it');
    expect(knownCause(facts()).evidence).toContain('of its run 4 tasks run and 12 wait');
  });
});
