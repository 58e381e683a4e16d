import { describe, expect, it } from 'vitest';
import type { TaskRecord } from '../../metadata/metadata-store.ts';
import { knownCause, type TaskFacts, withLayer } from './known-cause.ts';

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

describe('withLayer', () => {
  const waits = knownCause(facts());
  const gone = knownCause(facts({ abandoned: true }));
  const failed = knownCause(facts({ task: task({ status: 'failed', failure }) }));

  it('believes the layer about a job that waits', () => {
    const asked = { kind: 'no-capacity', cause: 'quota', remedy: 'ask for more', evidence: ['e'] } as const;
    expect(withLayer(waits, asked)).toEqual(asked);
  });

  it('says first that nobody drives the run', () => {
    const found = withLayer(gone, { kind: 'running', cause: 'it runs', evidence: ['for 3 min'] });
    expect(found).toMatchObject({
      remedy: 'leat recover TrainFlow/417',
      evidence: ['its job: it runs', 'for 3 min'],
    });
  });

  it('keeps what the log says of an end, and adds what the layer knows of it', () => {
    const asked = {
      kind: 'ended',
      cause: 'exit code 137',
      remedy: 'ask for more memory',
      evidence: ['Batch says: OutOfMemoryError'],
    } as const;
    expect(withLayer(failed, asked)).toMatchObject({
      cause: 'error: broken',
      remedy: 'mend it',
      evidence: [
        expect.stringContaining('leat logs'),
        'its job: exit code 137',
        'Batch says: OutOfMemoryError',
      ],
    });
    expect(withLayer(failed, { kind: 'unknown', cause: 'forgotten', evidence: ['x'] })).toEqual(failed);
  });

  it('takes the reason why a task of another engine could not start from its layer', () => {
    const asked = {
      kind: 'misconfigured',
      cause: 'the image does not exist',
      remedy: 'name another',
    } as const;
    expect(withLayer(failed, asked)).toEqual(asked);
  });
});
