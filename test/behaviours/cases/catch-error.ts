import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';
import { hasRole, type ShapeStep } from '../shape.ts';

/** The last case of a switch leads out of the loops of the shapes. */
const caseOf = (step: ShapeStep): string => {
  const [listed = ''] = (step.next ?? '').split('}, { by:');
  const cases = [...listed.matchAll(/(?<name>\w+): this\./g)].map((match) => match.groups?.['name']);
  return hasRole(step, 'switch') ? `, case: '${cases.at(-1)}'` : '';
};

/** `@catchError` stands in on every kind of step after the last try, and the run goes on to its end. */
export const catchErrors: Behaviour = {
  name: 'catchError',
  fields: 'declare failed: Failure | undefined; declare never: string;',
  decorators: (step) => [`@catchError({ var: 'failed'${caseOf(step)} })`, '@retry({ times: 1 })'],
  body: (step) =>
    `this.never = 'half'; if (current.attempt >= 0) throw new RangeError('broken ${step.name}');`,
  async check({ leat, file }) {
    await leat.ok(['run', file]);
    const tasks = await leat.tasks('GeneratedFlow/1');
    expect(tasks.map((task) => task.step)).toContain('end');
    for (const task of tasks) expect(task, task.task).toMatchObject({ status: 'succeeded', caught: true });
    for (const [task, values] of await leat.artifacts('GeneratedFlow/1')) {
      // A step of a loop may fail earlier: what it reads is lost with the step that was to set it.
      const type: unknown = expect.stringMatching(task.startsWith('decide') ? /^LeatError$/ : /^RangeError$/);
      expect(values['failed'], task).toMatchObject({ type, reason: 'error', attempts: 2 });
      expect(values, task).not.toHaveProperty('never');
    }
  },
};
