import fc from 'fast-check';
import { randomEvents } from '@leat/testing';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../events.ts';
import type { StepCounts } from '../metadata-store.ts';
import { project } from './projection.ts';

const submitted = (attempt: number): RunEvent => ({
  type: 'attempt-submitted',
  at: attempt * 10,
  task: 'train[3]',
  attempt,
  layer: 'local',
  token: `t${attempt}`,
});

const failed = (attempt: number, reason = 'error'): Extract<RunEvent, { type: 'attempt-failed' }> => ({
  type: 'attempt-failed',
  at: attempt * 10 + 5,
  task: 'train[3]',
  attempt,
  failure: { reason, type: 'Error', message: `attempt ${attempt}` },
});

const end = { kind: 'end' } as const;

describe('the fold of a task', () => {
  const only = (...events: readonly RunEvent[]): ReturnType<typeof project>['tasks'][number] | undefined =>
    project(events).tasks[0];

  it('tells a task that waits for its next try from one that failed for good', () => {
    expect(only(submitted(0), { ...failed(0), retryAt: 50 })).toMatchObject({ status: 'waiting-retry' });
    expect(only(submitted(0), failed(0))).toMatchObject({ status: 'failed', decidedBy: 0, endedAt: 5 });
    expect(only(submitted(0), failed(0, 'cancelled'))).toMatchObject({ status: 'cancelled' });
  });

  it('opens a task again when another attempt is submitted', () => {
    const task = only(submitted(0), failed(0), submitted(1));
    expect(task).toMatchObject({ status: 'submitted', attempts: 2, failure: { message: 'attempt 0' } });
    expect(task).not.toHaveProperty('endedAt');
  });

  it('lets no attempt but the newest move its status', () => {
    const late: RunEvent = { type: 'attempt-state', at: 99, task: 'train[3]', attempt: 0, state: 'running' };
    const retried = [submitted(0), { ...failed(0, 'lost'), retryAt: 9 }, submitted(1)];
    expect(only(...retried, late)).toMatchObject({ status: 'submitted' });
    expect(only(...retried, failed(0))).toMatchObject({ status: 'submitted', attempts: 2 });
    expect(only(...retried, submitted(0))).toMatchObject({ status: 'submitted', attempts: 2 });
  });

  it('counts a caught task as succeeded, with its failure', () => {
    const caught: RunEvent = {
      type: 'task-caught',
      at: 20,
      task: 'train[3]',
      attempt: 0,
      manifest: 'm',
      outcome: end,
      failure: failed(0).failure,
    };
    expect(only(submitted(0), failed(0), caught)).toMatchObject({
      status: 'succeeded',
      caught: true,
      manifest: 'm',
      failure: { message: 'attempt 0' },
    });
  });

  it('lets the first attempt that succeeds decide, also an older one, and nothing afterwards', () => {
    const success = (attempt: number): RunEvent => ({
      type: 'attempt-succeeded',
      at: 40 + attempt,
      task: 'train[3]',
      attempt,
      manifest: `m${attempt}`,
      outcome: end,
      startedAt: 1,
    });
    const log = [
      submitted(0),
      { ...failed(0, 'lost'), retryAt: 9 },
      submitted(1),
      success(0),
      success(1),
      failed(1),
    ];
    expect(only(...log)).toMatchObject({ status: 'succeeded', decidedBy: 0, manifest: 'm0', endedAt: 40 });
  });
});

describe('the fold of any log', () => {
  it('counts each step as its tasks stand', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 400 }), (seed, length) => {
        const { tasks, steps } = project(randomEvents(seed, length));
        for (const [step, counts] of steps) {
          const own = tasks.filter((task) => task.step === step);
          const byStatus: Record<string, number> = {};
          for (const { status } of own) byStatus[status] = (byStatus[status] ?? 0) + 1;
          expect(counts).toMatchObject({
            total: own.length,
            byStatus,
            caught: own.filter(({ caught }) => caught).length,
            reused: own.filter(({ originRun }) => originRun !== undefined).length,
          } satisfies Partial<StepCounts>);
        }
      }),
    );
  });

  it('never changes the result of a task that has succeeded', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 300 }), (seed, length) => {
        const events = randomEvents(seed, length);
        const early = project(events.slice(0, Math.floor(length / 2)));
        const late = new Map(project(events).tasks.map((task) => [task.task, task]));
        for (const { task, status, manifest, decidedBy } of early.tasks) {
          if (status === 'succeeded') expect(late.get(task)).toMatchObject({ status, manifest });
          if (status === 'succeeded') expect(late.get(task)?.decidedBy).toBe(decidedBy);
        }
      }),
    );
  });
});
