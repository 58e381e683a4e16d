import { expect } from 'vitest';

import type { Behaviour } from '../behaviour.ts';

/** `current` is right in every task; addresses are unique. */
export const currentTask: Behaviour = {
  name: 'current',
  fields: 'alpha = parameter(0.5, { help: "a number" }); declare facts: Record<string, unknown>;',
  body: () => `
    this.facts = {
      flow: current.flow, run: current.run, step: current.step, task: current.task, attempt: current.attempt,
      namespace: current.namespace, user: current.user, alpha: current.parameters.alpha, own: this.alpha,
    };`,
  async check({ leat, file }) {
    await leat.ok(['run', file, '--alpha', '0.25']);
    const all = await leat.artifacts('GeneratedFlow/1');
    for (const [task, values] of all) {
      expect(values['facts'], task).toEqual({
        flow: 'GeneratedFlow',
        run: '1',
        step: task.replace(/[[~].*/, ''),
        task: `GeneratedFlow/1/${task}`,
        attempt: 0,
        namespace: 'user:tester',
        user: 'tester',
        alpha: 0.25,
        own: 0.25,
      });
    }
    expect(new Set(all.keys()).size).toBe((await leat.tasks('GeneratedFlow/1')).length);
  },
};
