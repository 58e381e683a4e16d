import { expect } from 'vitest';

import type { TaskRow } from '../../cli/leat.ts';
import type { Behaviour } from '../behaviour.ts';
import { hasRole, type Role, type Shape, type ShapeStep } from '../shape.ts';

const runs = (shape: Shape, step: ShapeStep): boolean => (shape.tasks[step.name] ?? 0) > 0;

/** The step that fails: the last with the role, so that there is something before it to reuse. */
const failing = (shape: Shape, role: Role): ShapeStep | undefined =>
  shape.steps.findLast((step) => hasRole(step, role) && runs(shape, step));

const whichTask = (role: Role): string =>
  role === 'foreach-inner'
    ? 'this.index === 1'
    : role === 'loop'
      ? 'current.iteration === current.path.length + 1 && this.round >= 1'
      : 'true';

async function checkResumed(origin: readonly TaskRow[], resumed: readonly TaskRow[]): Promise<void> {
  const before = new Map(origin.map((task) => [task.task, task]));
  for (const task of resumed) {
    expect(task.status, task.task).toBe('succeeded');
    const wasDone = before.get(task.task)?.status === 'succeeded';
    // A join below a failed sibling never ran, so all that had succeeded is reused and nothing else is.
    expect(task.originRun, task.task).toBe(wasDone ? '1' : undefined);
  }
}

function resumeAt(role: Role): Behaviour {
  return {
    name: `resume at ${role}`,
    // A shape without such a step, or whose only such step never runs, has nothing to resume there.
    appliesTo: (shape) =>
      failing(shape, role) !== undefined && (role !== 'loop' || shape.name === 'recursive_switch'),
    fields: 'declare stamp: string; declare stamps: string[];',
    body(step, shape) {
      const fail =
        step === failing(shape, role)
          ? `if (current.originRun === undefined && ${whichTask(role)}) throw new Error('the first run fails here');`
          : '';
      return `${fail} this.stamp = current.task;`;
    },
    async check({ leat, shape, file }) {
      const first = await leat.call(['run', file]);
      expect(first.exitCode).toBe(1);
      expect(first.stderr).toContain('leat resume GeneratedFlow/1');
      await leat.ok(['resume', 'GeneratedFlow/1']);
      const [origin, resumed] = [await leat.tasks('GeneratedFlow/1'), await leat.tasks('GeneratedFlow/2')];
      await checkResumed(origin, resumed);
      const counts: Record<string, number> = {};
      for (const task of resumed) counts[task.step] = (counts[task.step] ?? 0) + 1;
      expect(counts).toEqual(
        Object.fromEntries(Object.entries(shape.tasks).filter(([, count]) => count > 0)),
      );
      const artifacts = await leat.artifacts('GeneratedFlow/2');
      for (const task of resumed) {
        expect(artifacts.get(task.task)?.['stamp']).toBe(
          `GeneratedFlow/${task.originRun ?? '2'}/${task.task}`,
        );
      }
    },
  };
}

/** A new run reuses what succeeded and runs the rest, wherever the first one failed. */
export const resumes: readonly Behaviour[] = (
  ['start', 'foreach-inner', 'foreach-split', 'branch-split', 'switch', 'join', 'loop', 'end'] as const
).map(resumeAt);

/** `--from STEP` runs a step again that had succeeded, and all after it. */
export const resumeFrom: Behaviour = {
  name: 'resume --from a step that succeeded',
  fields: 'declare stamp: string;',
  body: () => 'this.stamp = current.task;',
  async check({ leat, shape, file }) {
    await leat.ok(['run', file]);
    const from = shape.steps.findLast((step) => step.name !== 'end' && runs(shape, step))?.name ?? 'end';
    await leat.ok(['resume', 'GeneratedFlow/1', '--from', from]);
    const resumed = await leat.tasks('GeneratedFlow/2');
    expect(resumed.filter((task) => task.step === from).every((task) => task.originRun === undefined)).toBe(
      true,
    );
    expect(resumed.find((task) => task.step === 'end')?.originRun).toBeUndefined();
    if (from !== 'start') expect(resumed.find((task) => task.step === 'start')?.originRun).toBe('1');
  },
};
