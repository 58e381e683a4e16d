import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';

/** Every kind of step is tried again; only the attempt that succeeds leaves artifacts. */
export const retry: Behaviour = {
  name: 'retry',
  fields: 'declare partial: string; declare lucky: number;',
  decorators: () => ['@retry({ times: 2 })'],
  body: () => `
    if (current.attempt < 2) {
      this.partial = 'half';
      throw new Error('not yet');
    }
    this.lucky = current.attempt;`,
  async check({ leat, file }) {
    await leat.ok(['run', file]);
    for (const task of await leat.tasks('GeneratedFlow/1')) {
      expect(task, task.task).toMatchObject({ status: 'succeeded', attempts: 3 });
    }
    for (const [task, values] of await leat.artifacts('GeneratedFlow/1')) {
      expect(values['lucky'], task).toBe(2);
      expect(values, task).not.toHaveProperty('partial');
    }
  },
};
